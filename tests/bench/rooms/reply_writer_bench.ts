/** Writing replies as octets: `deno bench -A tests/bench/rooms/`. */
import { ReplyWriter } from "../../../lib/connection/reply_writer.ts";
import { NumberedLines } from "../../../lib/protocol/numbered_lines.ts";
import { CLEAN, ok } from "../../../lib/protocol/reply.ts";

const sink = { write: (octets: Uint8Array) => Promise.resolve(octets.length) };
const message = new TextEncoder().encode(`Subject: x\r\n\r\n${`${"x".repeat(74)}\r\n`.repeat(50)}`);

Deno.bench("1000 replies of one line, a write each", async () => {
  const writer = new ReplyWriter(sink);
  for (let number = 0; number < 1_000; number++) {
    await writer.add(ok("7 12345"));
    await writer.flush();
  }
});

Deno.bench("a list of 100 000 lines", async () => {
  const writer = new ReplyWriter(sink);
  const lines = new NumberedLines(100_000, () => 12_345);
  await writer.add({ type: "listing", text: "", lines });
  await writer.flush();
});

for (const isClean of [true, false]) {
  Deno.bench(`1000 messages of 4 KB, ${isClean ? "known to be clean" : "looked at"}`, async () => {
    const writer = new ReplyWriter(sink);
    for (let number = 0; number < 1_000; number++) {
      let left: Uint8Array | null = message;
      const nextChunk = () => {
        const chunk = left;
        left = null;
        return chunk;
      };
      const body = { [CLEAN]: isClean, isAtEnd: true, nextChunk, close() {} };
      await writer.add({ type: "message", text: "", body });
    }
    await writer.flush();
  });
}
