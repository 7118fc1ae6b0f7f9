import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HeadCutter } from "../../lib/protocol/message_head.ts";
import { chunksOf, cuts, joined, octets, wellFormed } from "./chunks.ts";

/** The lines that TOP sends, found line by line. */
function headOf(message: Uint8Array, bodyLines: number): string {
  const lines = wellFormed(message).split("\r\n").slice(0, -1);
  const blank = lines.indexOf("");
  const kept = blank === -1 ? lines : lines.slice(0, blank + 1 + bodyLines);
  return kept.map((line) => `${line}\r\n`).join("");
}

Deno.test("TOP keeps the header, the blank line and n lines, whatever the chunk borders", () => {
  fc.assert(
    fc.property(octets, cuts, fc.nat(5), (message, at, bodyLines) => {
      const cutter = new HeadCutter(bodyLines);
      const head = joined(chunksOf(message, at).map((chunk) => cutter.cut(chunk)));
      assertEquals(wellFormed(head), headOf(message, bodyLines));
    }),
    { numRuns: 5000 },
  );
});

Deno.test("TOP of a long message stops reading when it has enough", () => {
  const cutter = new HeadCutter(1);
  cutter.cut(new TextEncoder().encode("Subject: x\r\n\r\nOne\r\nTwo\r\n"));
  assertEquals(cutter.isComplete, true);
});
