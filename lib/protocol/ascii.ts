/** The octets that mean something in the protocol; and short texts of ASCII, without a call of the encoder or decoder. */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const DOT = 0x2e;
export const DEL = 0x7f;

/** Whether the octet is printable ASCII (0x20 to 0x7E) or a tab: the octets that commands and replies may hold. */
export function isTextOctet(octet: number): boolean {
  return (octet >= SPACE && octet < DEL) || octet === TAB;
}

/** Longer texts are the business of the encoder and the decoder, whose calls take longer than a few octets. */
const SHORT = 96;
const decoder = new TextDecoder();

/** The text of octets that are known to be ASCII. */
export function asciiText(octets: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT) return decoder.decode(octets.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(octets[at] ?? 0);
  return text;
}

/**
 * Writes a short line of ASCII.
 *
 * @returns how many octets were written; null for a line that the encoder must write
 */
export function putAscii(line: string, buffer: Uint8Array, at: number): number | null {
  if (line.length > SHORT) return null;
  for (let index = 0; index < line.length; index++) {
    const unit = line.charCodeAt(index);
    if (unit > 0x7f) return null;
    buffer[at + index] = unit;
  }
  return line.length;
}
