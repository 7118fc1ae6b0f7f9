import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineReader, MAXIMUM_LINE_OCTETS } from "../../lib/connection/line_reader.ts";
import type { ByteSource } from "../../lib/transport/transport.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { chunksOf, cuts, octets } from "../protocol/chunks.ts";

class ChunkSource implements ByteSource {
  largestRead = 0;
  readonly #left: Uint8Array[];

  constructor(chunks: readonly Uint8Array[]) {
    this.#left = chunks.filter((chunk) => chunk.length > 0);
  }

  read(into: Uint8Array): Promise<number | null> {
    this.largestRead = Math.max(this.largestRead, into.length);
    const chunk = this.#left.shift();
    if (chunk === undefined) return Promise.resolve(null);
    const part = chunk.subarray(0, into.length);
    into.set(part);
    if (part.length < chunk.length) this.#left.unshift(chunk.subarray(part.length));
    return Promise.resolve(part.length);
  }
}

async function linesOf(source: ByteSource): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of new LineReader(source)) {
    lines.push(line === "too-long" ? line : latin1(line));
  }
  return lines;
}

Deno.test("a line ends with LF or CRLF; an unfinished line is not given", async () => {
  await fc.assert(
    fc.asyncProperty(octets, cuts, async (whole, at) => {
      fc.pre(whole[0] !== 0x16);
      const expected = latin1(whole).split("\n").slice(0, -1).map((line) =>
        line.replace(/\r$/, "")
      );
      assertEquals(await linesOf(new ChunkSource(chunksOf(whole, at))), expected);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a TLS handshake counts as a line at once; the same first octet later in the stream does not", async () => {
  const hello = new Uint8Array([0x16, 3, 1, 2]);
  const command = new TextEncoder().encode("NOOP\n");
  assertEquals(await linesOf(new ChunkSource([hello])), ["\x16\x03\x01\x02"]);
  assertEquals(await linesOf(new ChunkSource([hello, command])), ["\x16\x03\x01\x02", "NOOP"]);
  assertEquals(await linesOf(new ChunkSource([command, hello])), ["NOOP"]);
});

Deno.test("the longest line, and a line that is one octet longer", async () => {
  const longest = new Uint8Array(MAXIMUM_LINE_OCTETS).fill(0x41);
  const ends = new Uint8Array([0x0d, 0x0a]);
  const whole = [longest, ends, longest, longest.subarray(0, 1), ends, ends];
  assertEquals(
    (await linesOf(new ChunkSource(whole))).map((line) => line.slice(0, 8)),
    ["AAAAAAAA", "too-long", ""],
  );
});

Deno.test("a line of 64 MB is reported once, in bounded memory, and the next line is read", async () => {
  const chunk = new Uint8Array(65_536).fill(0x41);
  const source = new ChunkSource([
    ...Array.from({ length: 1000 }, () => chunk),
    new TextEncoder().encode("\nNOOP\r\n"),
  ]);
  assertEquals(await linesOf(source), ["too-long", "NOOP"]);
  assertEquals(source.largestRead <= 2 * MAXIMUM_LINE_OCTETS, true, `${source.largestRead}`);
});

Deno.test("the reader knows whether another line has arrived", async () => {
  const lines = new LineReader(new ChunkSource([new TextEncoder().encode("A\r\nB\r\nC")]));
  await lines.next();
  assertEquals(lines.hasLineWaiting, true);
  await lines.next();
  assertEquals(lines.hasLineWaiting, false);
});
