import fc from "fast-check";

/** Octets among which those with a meaning are frequent. */
export const octets: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(0x0d, 0x0a, 0x2e) },
    { weight: 2, arbitrary: fc.constantFrom(0x41, 0x20, 0x00) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
  ),
  { maxLength: 60 },
).map((numbers) => new Uint8Array(numbers));

/** Places at which to cut octets into chunks; empty chunks come up too. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(60), { maxLength: 8 });

/** The octets in chunks with borders at these places. */
export function chunksOf(whole: Uint8Array, at: readonly number[]): Uint8Array[] {
  const borders = [0, ...at.map((cut) => Math.min(cut, whole.length)), whole.length];
  borders.sort((a, b) => a - b);
  return borders.slice(1).map((end, index) => whole.slice(borders[index], end));
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

/** A second way to say what well-formed lines are, to hold the first one against. */
export function wellFormed(message: Uint8Array): string {
  const text = [...message].map((octet) => String.fromCharCode(octet)).join("");
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\r\n`).join("");
}
