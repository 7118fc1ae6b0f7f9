/** What a provider goes on doing with what it has answered changes nothing for a session. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Mailbox, type MailboxProvider, MemoryMailbox, Pop3Listener } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { ResettingClient } from "../resetting_client.ts";
import { certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };

Deno.test("a list that its mailbox goes on changing stays what the login saw", async () => {
  const ids = ["a", "b", "c"];
  const deleted: string[] = [];
  const mailbox: Mailbox = Object.assign(new MemoryMailbox({ a: "a", b: "b", c: "c" }), {
    listMessageUniqueIds: () => ids,
    messageDelete: (_info: unknown, uniqueIds: readonly string[]) =>
      void deleted.push(...uniqueIds),
  });
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  ids.shift();
  ids.push("x y\r\n.\r\n+OK injected");
  await client.send("UIDL\r\n");
  await client.readLine();
  assertEquals(await client.readLines(), ["1 a", "2 b", "3 c"]);
  await client.command("DELE 1");
  await client.command("QUIT");
  assertEquals(deleted, ["a"]);
});

Deno.test("contents that claim to be clean are byte-stuffed all the same", async () => {
  const contents = () => {
    const chunks = [new TextEncoder().encode("hi\r\n.\r\n+OK injected\r\n")];
    return { isClean: true, nextChunk: () => chunks.shift() ?? null, close() {} };
  };
  const mailbox = Object.assign(new MemoryMailbox({ a: "a" }), { messageContents: contents });
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("RETR 1\r\n");
  await client.readLine();
  assertEquals(await client.readLine(), "hi");
  assertEquals(await client.readLine(), "..");
});

Deno.test("a listener of the signal that throws ends no process: it is an error event", async () => {
  const provider: MailboxProvider = {
    authenticate(info) {
      info.signal.addEventListener("abort", () => {
        throw new Error("in the listener");
      });
      return new MemoryMailbox();
    },
  };
  await using pop3 = new ObservedListener({ provider });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.command("QUIT");
  const { during, error } = await pop3.until("error");
  assertEquals([during, String(error)], ["abort", "Error: in the listener"]);
});

Deno.test("a mailbox is released when the name of its user cannot be had", async () => {
  let [released, asked] = [0, 0];
  const mailbox = Object.assign(new MemoryMailbox(), { release: () => void released++ });
  const provider: MailboxProvider = {
    authenticate: () => mailbox,
    canonicalUsername(username) {
      if (++asked > 1) throw new Error("away");
      return username;
    },
  };
  await using pop3 = new ObservedListener({ provider });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  assertMatch(await client.logIn() ?? "", /^-ERR \[SYS\/TEMP\]/);
  assertEquals(released, 1);
});

Deno.test("stop ends sessions also where the owner of a socket has closed it, and tells what goes on for clients that left", async () => {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<void>();
  const provider: MailboxProvider = {
    authenticate() {
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const pop3 = new ObservedListener({ provider, certificate }, clock);
  const { port } = await pop3.listenOn(loopback);
  const socket = Deno.listen(loopback);
  pop3.serve(socket);
  using client = await ResettingClient.connect(port);
  // With more commands than one, and STLS on offer, the reset is noticed, too.
  await client.say("USER me\r\nPASS x\r\nQUIT");
  await asked.promise;
  clock.advance(500);
  client.reset();
  await pop3.until("close");
  socket.close();
  const [first, second] = [pop3.stop(), pop3.stop()];
  for (let turn = 0; turn < 20; turn++) await new Promise((go) => setTimeout(go, 0));
  clock.advance(3_000);
  await Promise.all([first, second]);
  assertEquals(pop3.all("warning").map(({ value }) => value).slice(0, 1), ["authenticate"]);
  assertEquals(clock.pending, 0);
});

Deno.test("a provider that obeys the signal of a client that has gone is no error", async () => {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<void>();
  const provider: MailboxProvider = {
    authenticate({ signal }) {
      asked.resolve();
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    },
  };
  await using pop3 = new ObservedListener({ provider }, clock);
  const { port } = await pop3.listenOn(loopback);
  using client = await ResettingClient.connect(port);
  await client.say("XLOG me x");
  await asked.promise;
  clock.advance(500);
  client.reset();
  await pop3.until("close");
  for (let turn = 0; turn < 20; turn++) await new Promise((go) => setTimeout(go, 0));
  assertEquals(pop3.all("error"), []);
});

Deno.test("two logins that hang keep others of their address waiting for a minute at most", async () => {
  const clock = new ManualClock();
  let hanging = 0;
  const provider: MailboxProvider = {
    authenticate(_info, username) {
      if (username === "me") return new MemoryMailbox();
      hanging++;
      return new Promise(() => {});
    },
  };
  await using pop3 = new ObservedListener({ provider, stopGrace: 0, loginTimeout: 300 }, clock);
  const { port } = await pop3.listenOn(loopback);
  const clients: LoopbackClient[] = [];
  for (const name of ["one", "two"]) {
    const client = await LoopbackClient.connect(port);
    clients.push(client);
    await client.readLine();
    await client.send(`XLOG ${name} x\r\n`);
  }
  while (hanging < 2) await new Promise((go) => setTimeout(go, 0));
  using other = await LoopbackClient.connect(port);
  await other.readLine();
  const welcome = other.command("XLOG me x");
  await pop3.until("command", 3);
  for (let turn = 0; turn < 20; turn++) await new Promise((go) => setTimeout(go, 0));
  clock.advance(60_000);
  assertEquals(await welcome, "+OK Welcome.");
  for (const client of clients) client.close();
});
