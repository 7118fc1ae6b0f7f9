/** Clients that leave while an operation of the provider goes on, and clients that begin TLS after slow operations. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Mailbox, MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { ResettingClient } from "../resetting_client.ts";
import { certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((go) => setTimeout(go, 0));
}

/** A mailbox one operation of which waits until the test lets it go on. */
function slowMailbox(operation: "messageDelete" | "messageSizes" | "release") {
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let running = 0;
  let done = 0;
  const mailbox: Mailbox = Object.assign(new MemoryMailbox({ a: "Subject: a\r\n\r\n" }), {
    async [operation]() {
      running++;
      asked.resolve();
      await goOn.promise;
      running--;
      done++;
      return [14];
    },
  });
  return {
    mailbox,
    asked: asked.promise,
    goOn: () => goOn.resolve(),
    running: () => running,
    done: () => done,
  };
}

Deno.test("stop waits for a deletion that goes on although its client has gone", async () => {
  const clock = new ManualClock();
  const slow = slowMailbox("messageDelete");
  const pop3 = new ObservedListener({ provider: providerOf(slow.mailbox) }, clock);
  const { port } = await pop3.listenOn(loopback);
  using client = await ResettingClient.connect(port);
  await client.say("XLOG me passw0rd", "DELE 1", "QUIT");
  await slow.asked;
  clock.advance(500);
  client.reset();
  await pop3.until("close");
  assertEquals(pop3.status().connections, { authorization: 0, transaction: 0, asleep: 0 });
  let isStopped = false;
  const stopped = pop3.stop().then(() => isStopped = true);
  await settle();
  assertEquals(isStopped, false);
  slow.goOn();
  await stopped;
  assertEquals(slow.done(), 1);
  assertEquals(pop3.all("delete").length, 1);
});

Deno.test("a client that leaves at once has no more operations going on than connections", async () => {
  const clock = new ManualClock();
  const slow = slowMailbox("messageSizes");
  await using pop3 = new ObservedListener(
    { provider: providerOf(slow.mailbox), maxConnectionsPerIp: 2 },
    clock,
  );
  const { port } = await pop3.listenOn(loopback);
  for (let visit = 1; visit <= 2; visit++) {
    using client = await ResettingClient.connect(port);
    await client.say("XLOG me passw0rd", "STAT");
    while (slow.running() < visit) await new Promise((go) => setTimeout(go, 0));
    clock.advance(500);
    client.reset();
    await pop3.until("close", visit);
  }
  using third = await LoopbackClient.connect(port);
  assertEquals(await third.readLine(), "-ERR [SYS/TEMP] Too many connections. Try again later.");
  // After a minute the share is free, whatever the provider does.
  clock.advance(60_000);
  using fourth = await LoopbackClient.connect(port);
  assertMatch(await fourth.readLine() ?? "", /^\+OK/);
  slow.goOn();
});

Deno.test("STLS that was sent behind a slow command begins TLS: none of its octets is read before", async () => {
  const clock = new ManualClock();
  const slow = slowMailbox("release");
  await using pop3 = new ObservedListener(
    { provider: providerOf(slow.mailbox), certificate },
    clock,
  );
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("QAUT\r\nSTLS\r\n");
  await slow.asked;
  clock.advance(500);
  await settle();
  slow.goOn();
  assertMatch(await client.readLine() ?? "", /^\+OK Logged out/);
  assertEquals(await client.readLine(), "+OK Begin TLS negotiation.");
  await client.startTls();
  assertMatch(await client.command("CAPA") ?? "", /^\+OK/);
});

Deno.test("what is ready is sent while a later command is slow", async () => {
  const clock = new ManualClock();
  const slow = slowMailbox("messageSizes");
  await using pop3 = new ObservedListener({ provider: providerOf(slow.mailbox) }, clock);
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("NOOP\r\nSTAT\r\n");
  await slow.asked;
  clock.advance(500);
  assertMatch(await client.readLine() ?? "", /^\+OK There's no-one here/);
  slow.goOn();
  assertEquals(await client.readLine(), "+OK 1 14");
});

Deno.test("a client that has only ended its side gets what it asked for; after ten seconds without any it is given up", async () => {
  for (const isAnswered of [true, false]) {
    const clock = new ManualClock();
    const slow = slowMailbox("messageSizes");
    await using pop3 = new ObservedListener(
      { provider: providerOf(slow.mailbox), stopGrace: 0 },
      clock,
    );
    const { port } = await pop3.listenOn(loopback);
    using client = await LoopbackClient.connect(port);
    await client.readLine();
    await client.send("XLOG me passw0rd\r\nSTAT\r\nQUIT\r\n");
    await client.endSending();
    await slow.asked;
    clock.advance(500);
    assertEquals(await client.readLine(), "+OK Welcome.");
    await settle();
    clock.advance(isAnswered ? 9_000 : 11_000);
    if (isAnswered) {
      slow.goOn();
      assertEquals(await client.readLine(), "+OK 1 14");
      assertMatch(await client.readLine() ?? "", /^\+OK 0 messages deleted/);
    }
    assertEquals((await pop3.until("close")).reason, isAnswered ? "quit" : "disconnect");
  }
});

Deno.test("the beginning of a message is sent while the rest is slow", async () => {
  const clock = new ManualClock();
  const goOn = Promise.withResolvers<void>();
  async function* contents() {
    yield "Subject: slow\r\n";
    await goOn.promise;
    yield "\r\nbody\r\n";
  }
  const mailbox = Object.assign(new MemoryMailbox({ a: "x" }), { messageContents: contents });
  await using pop3 = new ObservedListener({ provider: providerOf(mailbox) }, clock);
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("RETR 1\r\n");
  await pop3.until("command", 3);
  await settle();
  clock.advance(500);
  assertEquals(await client.readLine(), "+OK Message text follows...");
  assertEquals(await client.readLine(), "Subject: slow");
  goOn.resolve();
  assertEquals(await client.readLines(), ["", "body"]);
});
