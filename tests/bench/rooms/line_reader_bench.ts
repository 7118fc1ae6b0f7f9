/** Reading lines from a client's octets: `deno bench -A tests/bench/rooms/`. */
import { LineReader } from "../../../lib/connection/line_reader.ts";

const COMMANDS = 1_000;
const octets = new TextEncoder().encode("RETR 12345\r\n".repeat(COMMANDS));

/** A transport that gives so many octets at a time. */
function sourceOf(size: number) {
  let at = 0;
  return {
    read(into: Uint8Array): Promise<number | null> {
      const part = octets.subarray(at, at + Math.min(size, into.length));
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  };
}

for (const size of [12, 120, 12_000]) {
  Deno.bench(`${COMMANDS} commands, ${size} octets a packet`, async () => {
    let lines = 0;
    for await (const _line of new LineReader(sourceOf(size))) lines++;
    if (lines !== COMMANDS) throw new Error(`${lines} lines`);
  });
}
