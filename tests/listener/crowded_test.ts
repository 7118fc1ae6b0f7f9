/** What happens to connections when --max-connections is reached: which is closed, and which stay. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Deadlines } from "../../lib/time/deadlines.ts";
import { turnAway } from "../../lib/connection/farewell.ts";
import { type MailboxProvider, MemoryMailbox } from "../../lib/mod.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { MemoryTransport } from "../memory_transport.ts";
import { ObservedListener } from "../observed_listener.ts";
import { certificate } from "../test_authority.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const tooMany = "-ERR [SYS/TEMP] Too many connections. Try again later.";
const ready = "+OK pop3svc ready.";
const provider: MailboxProvider = {
  name: "one user",
  authenticate: (_info, username, password) =>
    username === "me" && password === "passw0rd" ? new MemoryMailbox() : null,
};

async function greeted(port: number): Promise<LoopbackClient> {
  const client = await LoopbackClient.connect(port);
  assertEquals(await client.readLine(), ready);
  return client;
}

Deno.test("the oldest connection without a login is closed, and the reply says why", async () => {
  await using pop3 = new ObservedListener({ provider, maxConnections: 3 });
  const { port } = await pop3.listenOn(loopback);
  using loggedIn = await greeted(port);
  assertEquals(await loggedIn.command("XLOG me passw0rd"), "+OK Welcome.");
  using oldest = await greeted(port);
  using younger = await greeted(port);
  using newcomer = await greeted(port);
  assertEquals(await oldest.readLine(), tooMany);
  assertEquals(await oldest.readLine(), null);
  const close = await pop3.until("close");
  assertEquals([close.reason, close.connection.connectionId], ["max-connections", "2"]);
  assertStringIncludes(logLine(close, "text", "warn") ?? "", "reason=max-connections");
  assertEquals(pop3.status().connections, { authorization: 2, transaction: 1, asleep: 0 });
  // The others are still served.
  for (const client of [loggedIn, younger, newcomer]) {
    assertStringIncludes(await client.command("NOOP") ?? "", "+OK");
  }
});

for (const tlsEngine of ["node", "deno"] as const) {
  Deno.test(`the reply that says why is sent over TLS, too, by ${tlsEngine}`, async () => {
    await using pop3 = new ObservedListener({
      provider,
      certificate,
      tlsEngine,
      maxConnections: 1,
    });
    const { port } = await pop3.listenOn({ ...loopback, tls: true });
    using first = await LoopbackClient.connectTls(port);
    await first.readLine();
    using second = await LoopbackClient.connectTls(port);
    assertEquals(await first.readLine(), tooMany);
    assertEquals(await second.readLine(), ready);
  });
}

Deno.test("when all are logged in, a new connection is refused; after QAUT the old one is closed instead", async () => {
  await using pop3 = new ObservedListener({ provider, maxConnections: 1 });
  const { port } = await pop3.listenOn(loopback);
  using first = await greeted(port);
  await first.command("XLOG me passw0rd");
  using second = await LoopbackClient.connect(port);
  assertEquals(await second.readLine(), tooMany);
  assertEquals((await pop3.until("refuse")).reason, "max-connections");
  await first.command("QAUT");
  using third = await greeted(port);
  assertEquals(await first.readLine(), tooMany);
  third.close();
  await pop3.until("close", 2);
  using _fourth = await greeted(port);
  assertEquals(pop3.all("refuse").length, 1);
});

Deno.test("a client that waits for a provider that never answers is closed, too, and its place is free at once", async () => {
  const never: MailboxProvider = { name: "never", authenticate: () => new Promise(() => {}) };
  await using pop3 = new ObservedListener({ provider: never, maxConnections: 1, stopGrace: 0 });
  const { port } = await pop3.listenOn(loopback);
  for (let n = 1; n <= 3; n++) {
    using client = await greeted(port);
    await client.send("XLOG me x\r\n");
    await pop3.until("command", n);
    using next = await greeted(port);
    assertEquals(await client.readLine(), tooMany);
    next.close();
    await pop3.until("close", 2 * n);
  }
  assertEquals(pop3.status().connections.authorization, 0);
});

Deno.test("an unfinished handshake, a client that does not read and a silent proxy are all closed", async () => {
  await using pop3 = new ObservedListener({ provider, certificate, maxConnections: 1 });
  const tls = await pop3.listenOn({ ...loopback, tls: true });
  const proxied = await pop3.listenOn({ ...loopback, trustedProxies: ["127.0.0.1"] });
  const { port } = await pop3.listenOn(loopback);
  using handshake = await LoopbackClient.connect(tls.port);
  await handshake.send("\x16\x03\x01");
  await pop3.until("connect");
  using silent = await LoopbackClient.connect(proxied.port);
  await pop3.until("close");
  using deaf = await greeted(port);
  assertEquals(await silent.readLine(), tooMany);
  // The client asks for more than the buffers of the socket hold, and reads nothing.
  const asking = deaf.send("CAPA\r\n".repeat(100_000)).catch(() => {});
  await pop3.until("reply", 1_000);
  using last = await greeted(port);
  assertEquals(await last.command("XLOG me passw0rd"), "+OK Welcome.");
  deaf.close();
  await asking;
  assertEquals(pop3.all("close").map(({ reason }) => reason), [
    "max-connections",
    "max-connections",
  ]);
  assertEquals(pop3.all("refuse").map(({ reason }) => reason), ["max-connections"]);
});

Deno.test("an address that has reached its own limit closes no other connection", async () => {
  await using pop3 = new ObservedListener({ provider, maxConnections: 2, maxConnectionsPerIp: 1 });
  const { port } = await pop3.listenOn({ ...loopback, trustedProxies: ["127.0.0.1"] });
  const from = async (address: string) => {
    const client = await LoopbackClient.connect(port);
    await client.send(`PROXY TCP6 ${address} ::1 50000 110\r\n`);
    return client;
  };
  using first = await from("2001:db8::1");
  assertEquals(await first.readLine(), ready);
  using again = await from("2001:db8::2");
  assertEquals(await again.readLine(), tooMany);
  assertEquals((await pop3.until("refuse")).reason, "max-connections-per-ip");
  assertStringIncludes(await first.command("NOOP") ?? "", "+OK");
});

Deno.test("a peer whose buffer is full is closed at the next attempt, without a reply", () => {
  const clock = new ManualClock();
  const transport = new MemoryTransport();
  transport.stalled = true;
  turnAway(transport, new Deadlines(clock));
  assertEquals(transport.isClosed, false);
  clock.advance(500);
  assertEquals([transport.isClosed, clock.pending], [true, 0]);
});
