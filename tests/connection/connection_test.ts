/** A connection in memory: how it writes replies, and how it ends. */
import { assertEquals } from "@std/assert";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import { Served, settle } from "./served.ts";

const encoder = new TextEncoder();

Deno.test("a reply that fits is one write, terminator and all", async () => {
  const served = new Served(new MemoryMailbox({ a: "Subject: a\n\n.body" }));
  await served.logIn();
  for (const command of ["RETR 1", "UIDL", "TOP 1 0", "CAPA", "STAT"]) {
    const before = served.transport.writes.length;
    served.transport.send(encoder.encode(`${command}\r\n`));
    await settle();
    assertEquals(served.transport.writes.length - before, 1, command);
  }
  served.transport.endSending();
  await served.done;
});

Deno.test("pipelined commands are answered in one write", async () => {
  const served = new Served(new MemoryMailbox({ a: "Subject: a\r\n\r\n" }));
  await served.logIn();
  const before = served.transport.writes.length;
  served.transport.send(encoder.encode("STAT\r\nRETR 1\r\nUIDL\r\nNOOP\r\n"));
  await settle();
  assertEquals(served.transport.writes.length - before, 1);
  served.transport.endSending();
  await served.done;
});

Deno.test("the last bytes of a long message and its terminator leave in one write", async () => {
  for (const size of [65_535, 65_536, 65_537, 131_072, 131_050, 200_000]) {
    const served = new Served(new MemoryMailbox({ a: new Uint8Array(size).fill(0x41) }));
    await served.logIn();
    served.transport.send(encoder.encode("RETR 1\r\n"));
    for (let line = await served.transport.readLine(); line !== ".";) {
      line = await served.transport.readLine();
    }
    const last = served.transport.writes.at(-1) ?? new Uint8Array();
    assertEquals(last.length > ".\r\n".length + 2, true, `${size}: ${last.length}`);
    served.transport.endSending();
    await served.done;
  }
});

Deno.test("large chunks are written as they are, and the last one with the terminator", async () => {
  const chunks = [262_144, 262_144, 100].map((size) => new Uint8Array(size).fill(0x41));
  chunks[2]?.set([0x0d, 0x0a], 98);
  const left = [...chunks];
  const mailbox = new MemoryMailbox({ a: "x" });
  mailbox.messageContents = () => ({
    isClean: true,
    get isAtEnd() {
      return left.length === 0;
    },
    nextChunk: () => left.shift() ?? null,
    close() {},
  });
  const served = new Served(mailbox);
  await served.logIn();
  const before = served.transport.writes.length;
  served.transport.send(encoder.encode("RETR 1\r\n"));
  while (await served.transport.readLine() !== ".");
  const sizes = served.transport.writes.slice(before).map(({ length }) => length);
  assertEquals(sizes, ["+OK Message text follows...\r\n".length, 262_144, 262_144, 103]);
  served.transport.endSending();
  await served.done;
});

Deno.test("a message that breaks off ends the connection without a terminator", async () => {
  let closes = 0;
  const mailbox = new MemoryMailbox({ broken: "" });
  const pieces = [encoder.encode("Subject: x\r\n"), null];
  mailbox.messageContents = () => ({
    nextChunk() {
      const piece = pieces.shift();
      if (piece instanceof Uint8Array) return piece;
      throw new Error("I/O error on /secret/path");
    },
    close: () => void closes++,
  });
  const served = new Served(mailbox);
  await served.logIn();
  assertEquals(await served.say("RETR 1"), "+OK Message text follows...");
  assertEquals(await served.transport.readLine(), "Subject: x");
  assertEquals(await served.transport.readLine(), null);
  served.transport.endSending();
  await served.done;
  assertEquals([served.closeReason(), closes], ["error", 1]);
  const error = served.events.find((event) => event.type === "error");
  assertEquals(String(error?.error), "Error: I/O error on /secret/path");
});

Deno.test("a message that cannot be read is a clean -ERR, is closed once, and harms nothing else", async () => {
  let closes = 0;
  const mailbox = new MemoryMailbox({ broken: "", whole: "Subject: x" });
  const { messageContents } = mailbox;
  mailbox.messageContents = (info, uniqueId) =>
    uniqueId === "whole" ? messageContents.call(mailbox, info, uniqueId) : {
      nextChunk() {
        throw new Error("I/O error on /secret/path");
      },
      close: () => void closes++,
    };
  const served = new Served(mailbox);
  await served.logIn();
  const systemError = "-ERR [SYS/TEMP] System error. Administrators should check logs.";
  assertEquals(await served.say("RETR 1"), systemError);
  assertEquals(await served.say("TOP 1 0"), systemError);
  assertEquals(closes, 2);
  assertEquals(await served.say("TOP 2 0"), "+OK Header and first 0 lines...");
  const errors = served.events.filter(({ type }) => type === "error");
  assertEquals(errors.length, 2);
  served.transport.endSending();
  await served.done;
});

Deno.test("TOP closes the content once, and early", async () => {
  let closes = 0;
  let chunks = 0;
  const mailbox = new MemoryMailbox({ a: "" });
  mailbox.messageContents = () => ({
    nextChunk() {
      chunks++;
      return encoder.encode("Subject: x\r\n\r\nbody\r\n");
    },
    close: () => void closes++,
  });
  const served = new Served(mailbox);
  await served.logIn();
  await served.say("TOP 1 0");
  await settle();
  assertEquals([closes, chunks], [1, 1]);
  served.transport.endSending();
  await served.done;
});

Deno.test("stop lets the running command end and sends its reply", async () => {
  const answer = Promise.withResolvers<number>();
  const mailbox = new MemoryMailbox({ a: "x" });
  mailbox.messageSize = () => answer.promise;
  const served = new Served(mailbox);
  await served.logIn();
  const reply = served.say("STAT");
  await settle();
  served.connection.stop();
  answer.resolve(7);
  assertEquals(await reply, "+OK 1 7");
  await served.done;
  assertEquals(served.closeReason(), "stop");
});

Deno.test("stop closes a waiting connection at once", async () => {
  const served = new Served(new MemoryMailbox());
  await served.logIn();
  await settle();
  served.connection.stop();
  await served.done;
  assertEquals(served.closeReason(), "stop");
  assertEquals(served.clock.pending, 0);
});

Deno.test("10 000 commands in one packet are all answered", async () => {
  const served = new Served(new MemoryMailbox());
  await served.logIn();
  served.transport.send(encoder.encode("NOOP\r\n".repeat(10_000) + "QUIT\r\n"));
  let replies = 0;
  while (await served.transport.readLine() === "+OK There's no-one here but us POP3 services.") {
    replies++;
  }
  assertEquals(replies, 10_000);
  await served.done;
  assertEquals(served.closeReason(), "quit");
});

Deno.test("before closing, the server reads what the peer still sends, for a short time: a reset could lose the last reply", async () => {
  for (const peerLeaves of [true, false]) {
    const served = new Served(new MemoryMailbox());
    await served.transport.readLine();
    served.transport.send(encoder.encode("RUBBISH\r\n".repeat(1_000)));
    while (await served.transport.readLine() !== null);
    await settle();
    assertEquals(served.transport.isClosed, false);
    if (peerLeaves) served.transport.endSending();
    else served.clock.advance(2_500);
    await served.done;
    assertEquals([served.transport.isClosed, served.closeReason()], [true, "error"]);
  }
});
