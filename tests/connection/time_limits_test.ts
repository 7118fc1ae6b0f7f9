/** The time limits of a connection in each phase. */
import { assertEquals } from "@std/assert";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import { idleTimeout, loginTimeout, Served, settle, sleepTimeout } from "./served.ts";

const encoder = new TextEncoder();

Deno.test("a client that does not log in in time is closed without a reply, however busy it is", async () => {
  const served = new Served(new MemoryMailbox());
  await served.transport.readLine();
  served.clock.advance(loginTimeout - 1_000);
  assertEquals(await served.say("NOOP"), "+OK There's no-one here but us POP3 services.");
  served.clock.advance(1_500);
  await served.done;
  assertEquals(await served.transport.readLine(), null);
  assertEquals(served.closeReason(), "login-timeout");
});

Deno.test("after the login each command restarts the idle limit; silence closes the connection and deletes nothing", async () => {
  const mailbox = new MemoryMailbox({ a: "Subject: a\r\n\r\n" });
  const served = new Served(mailbox);
  await served.logIn();
  await served.say("DELE 1");
  for (let times = 0; times < 3; times++) {
    served.clock.advance(idleTimeout - 1_000);
    assertEquals(await served.say("STAT"), "+OK 0 0");
  }
  served.clock.advance(idleTimeout + 500);
  await served.done;
  assertEquals(served.closeReason(), "idle-timeout");
  assertEquals(mailbox.messages.size, 1);
});

Deno.test("a sleeping session has a limit of its own, and after WAKE the idle limit again", async () => {
  const served = new Served(new MemoryMailbox());
  await served.logIn();
  assertEquals(await served.say("SLEE"), "+OK Zzzzz. Deleted 0 messages.");
  await settle();
  served.clock.advance(20 * idleTimeout);
  assertEquals(await served.say("WAKE"), "+OK [ACTIVITY/NONE] Welcome back.");
  await served.say("SLEE");
  await settle();
  served.clock.advance(sleepTimeout - 1_000);
  assertEquals(await served.say("WAKE"), "+OK [ACTIVITY/NONE] Welcome back.");
  await settle();
  served.clock.advance(idleTimeout + 500);
  await served.done;
  assertEquals(served.closeReason(), "idle-timeout");
});

Deno.test("QAUT restarts the login timeout", async () => {
  const served = new Served(new MemoryMailbox());
  await served.logIn();
  served.clock.advance(2 * loginTimeout);
  assertEquals(await served.say("QAUT"), "+OK Logged out. You can either reauthenticate or exit.");
  await settle();
  served.clock.advance(loginTimeout - 1_000);
  assertEquals(await served.say("XLOG me passw0rd"), "+OK Welcome.");
  await served.say("QAUT");
  await settle();
  served.clock.advance(loginTimeout + 500);
  await served.done;
  assertEquals(served.closeReason(), "login-timeout");
});

Deno.test("half a command followed by silence counts as silence", async () => {
  const served = new Served(new MemoryMailbox());
  await served.logIn();
  served.transport.send(encoder.encode("STA"));
  await settle();
  served.clock.advance(idleTimeout + 500);
  await served.done;
  assertEquals(served.closeReason(), "idle-timeout");
});

Deno.test("the time of a slow mailbox does not count as the client's silence", async () => {
  const answer = Promise.withResolvers<number>();
  const mailbox = new MemoryMailbox({ a: "x" });
  mailbox.messageSize = () => answer.promise;
  const served = new Served(mailbox);
  await served.logIn();
  const reply = served.say("STAT");
  await settle();
  served.clock.advance(10 * idleTimeout);
  answer.resolve(7);
  assertEquals(await reply, "+OK 1 7");
  served.transport.endSending();
  await served.done;
});

Deno.test("a peer that never reads is closed, and its message, too, after at most a buffer of it was read", async () => {
  let chunks = 0;
  let closes = 0;
  const mailbox = new MemoryMailbox({ endless: "" });
  const chunk = new Uint8Array(16_384).fill(0x41);
  mailbox.messageContents = () => ({
    nextChunk() {
      chunks++;
      return chunk;
    },
    close: () => void closes++,
  });
  const served = new Served(mailbox);
  await served.logIn();
  served.transport.stalled = true;
  served.transport.send(encoder.encode("RETR 1\r\n"));
  await settle();
  assertEquals(chunks <= 6, true, `${chunks} chunks`);
  served.clock.advance(idleTimeout + 500);
  await served.done;
  assertEquals([served.closeReason(), closes], ["idle-timeout", 1]);
});

Deno.test("a peer that reads too slowly is closed, although it never pauses for long", async () => {
  const served = new Served(new MemoryMailbox({ a: new Uint8Array(60_000).fill(0x41) }));
  await served.logIn();
  served.transport.stalled = true;
  served.transport.send(encoder.encode("RETR 1\r\n"));
  await settle();
  for (let sips = 0; sips < 3; sips++) {
    assertEquals(served.transport.isClosed, false, `${sips} sips`);
    served.clock.advance(idleTimeout / 2);
    served.transport.sip(100);
    await settle();
  }
  await served.done;
  assertEquals(served.closeReason(), "idle-timeout");
});
