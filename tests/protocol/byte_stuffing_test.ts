import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteStuffer } from "../../lib/protocol/byte_stuffing.ts";
import { OctetCounter } from "../../lib/protocol/well_formed_lines.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { chunksOf, cuts, joined, octets, wellFormed } from "./chunks.ts";

function onTheWire(chunks: readonly Uint8Array[]): string {
  const stuffer = new ByteStuffer();
  return latin1(joined([...chunks.map((chunk) => stuffer.encode(chunk).slice()), stuffer.end()]));
}

/** What a client that keeps RFC 1939 section 3 makes of it. */
function decode(wire: string): string {
  const lines = wire.split("\r\n");
  assertEquals(lines.pop(), "", "The reply ends with a line end");
  assertEquals(lines.indexOf("."), lines.length - 1, "The only line of one dot is the last");
  lines.pop();
  return lines.map((line) => `${line.startsWith(".") ? line.slice(1) : line}\r\n`).join("");
}

Deno.test("a conforming client decodes the message with well-formed lines", () => {
  fc.assert(
    fc.property(octets, cuts, (message, at) => {
      assertEquals(decode(onTheWire(chunksOf(message, at))), wellFormed(message));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("the size announced is the size sent", () => {
  fc.assert(
    fc.property(octets, cuts, cuts, (message, at, otherwise) => {
      const counter = new OctetCounter();
      for (const chunk of chunksOf(message, otherwise)) counter.add(chunk);
      assertEquals(counter.octets, decode(onTheWire(chunksOf(message, at))).length);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("a message is clean exactly when it goes over the wire as it lies there", () => {
  fc.assert(
    fc.property(octets, cuts, (message, at) => {
      const counter = new OctetCounter();
      for (const chunk of chunksOf(message, at)) counter.add(chunk);
      assertEquals(counter.isClean, onTheWire([message]) === `${latin1(message)}.\r\n`);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("a clean chunk is not copied", () => {
  const chunk = new TextEncoder().encode("One\r\nTwo\r\n");
  assertEquals(new ByteStuffer().encode(chunk) === chunk, true);
});
