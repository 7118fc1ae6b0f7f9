/** The parts of a stored password. No error message repeats any of them. */
import type { Octets } from "./password_hash.ts";

export function atLeast(minimum: number, digits: string | undefined): number {
  const number = Number(digits);
  if (Number.isSafeInteger(number) && number >= minimum) return number;
  throw new SyntaxError("its cost is not a usable number");
}

/** No salt and no key is longer. */
const MOST_OCTETS = 512;

export function fromBase64(text: string): Octets {
  try {
    const octets = Uint8Array.fromBase64(text);
    if (octets.length > 0 && octets.length <= MOST_OCTETS) return octets;
  } catch {
    // Reported below.
  }
  throw new SyntaxError("a part of its password should be base64 and is not");
}

export function fromHex(text: string): Octets {
  try {
    return Uint8Array.fromHex(text);
  } catch {
    throw new SyntaxError("a part of its password should be hexadecimal and is not");
  }
}
