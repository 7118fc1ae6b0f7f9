/** The guard over real connections. */
import { assertEquals } from "@std/assert";
import { type MailboxProvider, MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { hurriedClock } from "../transcript_peers.ts";
import { settle, WRONG } from "./guarded_sessions.ts";

Deno.test("an address that floods keeps no other from logging in", async () => {
  const held: (() => void)[] = [];
  const provider: MailboxProvider = {
    name: "slow",
    authenticate: (_info, _username, password) =>
      password === "right"
        ? new MemoryMailbox()
        : new Promise((resolve) => held.push(() => resolve(null))),
  };
  await using pop3 = new ObservedListener(
    { provider, allowInsecureLogin: true, maxConnectionsPerIp: 100 },
    hurriedClock,
  );
  const bound = await pop3.listenOn({
    hostname: "127.0.0.1",
    port: 0,
    trustedProxies: ["127.0.0.1"],
  });
  await using clients = new AsyncDisposableStack();
  const connectFrom = async (address: string): Promise<LoopbackClient> => {
    const client = clients.use(await LoopbackClient.connect(bound.port));
    const family = address.includes(":") ? "TCP6" : "TCP4";
    const to = address.includes(":") ? "2001:db8:ffff::1" : "192.0.2.1";
    await client.send(`PROXY ${family} ${address} ${to} 50000 110\r\n`);
    await client.readLine();
    return client;
  };
  const flood: LoopbackClient[] = [];
  for (let n = 0; n < 62; n++) {
    const client = await connectFrom(n % 2 === 0 ? "192.0.2.7" : `2001:db8::${n}`);
    await client.send(`XLOG me wrong${n}\r\n`);
    flood.push(client);
  }
  for (let n = 0; n < 15; n++) {
    const client = await connectFrom(`198.51.100.${n}`);
    assertEquals(await client.command(`XLOG user${n} right`), "+OK Welcome.");
  }
  // Two of each of the two peers, and after them the third.
  assertEquals(held.length, 4);
  const refused = Promise.all(flood.map((client) => client.readLine()));
  while (pop3.all("login-failed").length < 62) {
    held.splice(0).forEach((refuse) => refuse());
    await settle();
  }
  assertEquals(await refused, Array(62).fill(`-ERR ${WRONG}`));
  assertEquals(pop3.all("login-failed").filter(({ reason }) => reason === "wrong").length, 6);
});

Deno.test("a client that waits for its turn gets no [SYS/TEMP], and is closed when its time to log in is over", async () => {
  const clock = new ManualClock();
  let asked = 0;
  const provider: MailboxProvider = {
    name: "hangs",
    authenticate: () => {
      asked++;
      return new Promise(() => {});
    },
  };
  const pop3 = new ObservedListener(
    { provider, allowInsecureLogin: true, loginTimeout: 30 },
    clock,
  );
  const bound = await pop3.listenOn({
    hostname: "127.0.0.1",
    port: 0,
    trustedProxies: ["127.0.0.1"],
  });
  const clients: LoopbackClient[] = [];
  for (const password of ["a", "b", "c"]) {
    const client = await LoopbackClient.connect(bound.port);
    await client.send(`PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\r\nXLOG me ${password}\r\n`);
    await client.readLine();
    clients.push(client);
  }
  await pop3.until("command", 3);
  await settle();
  assertEquals(asked, 2);
  clock.advance(30_000);
  await pop3.until("close", 3);
  assertEquals(await Promise.all(clients.map((client) => client.readLine())), [null, null, null]);
  assertEquals([asked, pop3.all("login-failed").length], [2, 0]);
  for (const client of clients) client.close();
  const stopped = pop3.stop();
  clock.advance(3_000);
  await stopped;
});
