/** The event that says which message was sent, and how much of it. */
import { assertEquals } from "@std/assert";
import { MemoryMailbox } from "../../lib/mod.ts";
import type { Mailbox, MessageSentEvent } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const chunk = new TextEncoder().encode(`${"x".repeat(78)}\r\n`.repeat(1_000));

/** A mailbox whose message ends only when a reader leaves it. */
function endless(nextChunk: () => Uint8Array): Mailbox {
  return Object.assign(new MemoryMailbox({ a: "" }), {
    messageContents: () => ({ nextChunk, close() {} }),
  });
}

function factsOf({ verb, number, uniqueId, octets, isComplete }: MessageSentEvent) {
  return { verb, number, uniqueId, octets, isComplete };
}

Deno.test("RETR and TOP say what they have sent, pipelined ones too", async () => {
  const mailbox = new MemoryMailbox({ a: "Subject: 1\n\n.x\ny\n", b: "Subject: 2\r\n\r\n" });
  await using pop3 = new ObservedListener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("RETR 1\r\nTOP 1 1\r\nRETR 2\r\nRETR 3\r\nQUIT\r\n");
  await pop3.until("close");
  const facts = { uniqueId: "a", number: 1, isComplete: true };
  assertEquals(pop3.all("message-sent").map(factsOf), [
    { ...facts, verb: "RETR", octets: 21 },
    { ...facts, verb: "TOP", octets: 18 },
    { ...facts, verb: "RETR", octets: 14, uniqueId: "b", number: 2 },
  ]);
  assertEquals(pop3.all("message-sent").every(({ milliseconds }) => milliseconds >= 0), true);
});

Deno.test("a message that a client leaves in the middle is incomplete", async () => {
  await using pop3 = new ObservedListener({ provider: providerOf(endless(() => chunk)) });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("RETR 1\r\n");
  await client.readLine();
  client.close();
  await pop3.until("close");
  const [sent] = pop3.all("message-sent");
  assertEquals([sent?.isComplete, (sent?.octets ?? 0) >= chunk.length], [false, true]);
  assertEquals(pop3.seen.slice(-2).map(({ type }) => type), ["message-sent", "close"]);
});

Deno.test("so is one that the mailbox breaks off", async () => {
  let chunks = 0;
  const breaking = endless(() => {
    if (++chunks === 3) throw new Error("the disk is gone");
    return chunk;
  });
  await using pop3 = new ObservedListener({ provider: providerOf(breaking) });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("RETR 1\r\n");
  await pop3.until("message-sent");
  assertEquals(pop3.all("message-sent").map(factsOf), [
    { verb: "RETR", number: 1, uniqueId: "a", octets: 2 * chunk.length, isComplete: false },
  ]);
  // The connection lingers for a while, so that its client can read.
  assertEquals(pop3.all("close"), []);
});

Deno.test("a message that waits for a slow reader when the listener stops is incomplete", async () => {
  await using pop3 = new ObservedListener({
    provider: providerOf(endless(() => chunk)),
    stopGrace: 0,
  });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("RETR 1\r\n");
  await client.readLine();
  await pop3.stop();
  assertEquals(pop3.all("message-sent").map(({ isComplete }) => isComplete), [false]);
});
