import { assertEquals } from "@std/assert";
import { ReplyWriter } from "../../lib/connection/reply_writer.ts";
import { NumberedLines } from "../../lib/protocol/numbered_lines.ts";
import type { MessageBody } from "../../lib/protocol/reply.ts";
import { OneChunkBody } from "../../lib/provider/bodies.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { joined } from "../protocol/chunks.ts";

Deno.test("a list of any length is written with each line once, in order", async () => {
  for (const count of [0, 1, 2, 60, 70, 1_000, 20_000]) {
    const written: Uint8Array[] = [];
    const writer = new ReplyWriter({
      write(octets) {
        written.push(octets.slice());
        return Promise.resolve(octets.length);
      },
    });
    const lists = [
      new NumberedLines(count, (number) => number % 5 === 0 ? null : 7 * number),
      new NumberedLines(count, (number) => number % 5 === 0 ? null : `id-${number}`),
      Array.from({ length: count }, (_, index) => `${index + 1}: a text`),
    ];
    for (const lines of lists) await writer.add({ type: "listing", text: "Here", lines });
    await writer.flush();
    const expected = lists.map((lines) => ["+OK Here", ...lines, ".", ""].join("\r\n"));
    assertEquals(latin1(joined(written)), expected.join(""));
  }
});

const MESSAGES = [
  "",
  "\r\n",
  "Subject: clean\r\n\r\nbody\r\n",
  "Subject: LF\n\n.dots\n..\nno end",
  "CR at the end\r",
  ...[21_000, 32_700, 33_000, 65_531, 65_536, 70_000].map((length) => "\n.".repeat(length / 2)),
].map((text) => new TextEncoder().encode(text));

Deno.test("a message that is in memory is written as one that comes in parts, whatever waits before it", async () => {
  for (const before of [0, 60, 30_000, 65_500]) {
    for (const octets of MESSAGES) {
      const outcomes = [];
      for (const body of [new OneChunkBody(octets), inParts(octets)]) {
        const written: Uint8Array[] = [];
        const writer = new ReplyWriter({
          write(some) {
            written.push(some.slice());
            return Promise.resolve(some.length);
          },
        });
        await writer.add({ type: "listing", text: "Here", lines: ["x".repeat(before)] });
        const sent: [number, boolean][] = [];
        await writer.add({
          type: "message",
          text: "Here",
          body,
          sent: (octets, isComplete) => sent.push([octets, isComplete]),
        });
        await writer.flush();
        outcomes.push({ text: latin1(joined(written)), sent, messages: writer.messagesSent });
      }
      assertEquals(outcomes[0], outcomes[1]);
    }
  }
});

Deno.test("of a message that is in memory is reported once whether it has left", async () => {
  const sent: [number, boolean][] = [];
  const writer = new ReplyWriter({ write: (octets) => Promise.resolve(octets.length) });
  const add = () =>
    writer.add({
      type: "message",
      text: "Here",
      body: new OneChunkBody("one\n"),
      sent: (octets, isComplete) => sent.push([octets, isComplete]),
    });
  assertEquals(add(), undefined);
  assertEquals(sent, []);
  await writer.flush();
  assertEquals(sent, [[5, true]]);
  add();
  writer.breakOff();
  writer.breakOff();
  assertEquals(sent, [[5, true], [5, false]]);
});

/** The message in chunks of 1000 octets, by promises. */
function inParts(octets: Uint8Array): MessageBody {
  let at = 0;
  return {
    nextChunk() {
      const chunk = octets.subarray(at, at += 1_000);
      return Promise.resolve(chunk.length === 0 ? null : chunk);
    },
    close() {},
  };
}
