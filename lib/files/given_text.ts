/**
 * Decodes a file that an option names, as editors save such files: with a byte order mark, with CRLF, in UTF-16.
 *
 * When the encoding is not certain, an error says what to do: a guess could silently change a password or a name.
 */

/** A file cannot be decoded. The message says why, and repeats nothing of the file. */
export class TextEncodingError extends Error {
  override readonly name = "TextEncodingError";
}

const marks = [
  { mark: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { mark: [0xff, 0xfe], encoding: "utf-16le" },
  { mark: [0xfe, 0xff], encoding: "utf-16be" },
] as const;

/** @throws {TextEncodingError} when the octets cannot be decoded */
export function decodeText(octets: Uint8Array<ArrayBuffer>): string {
  const found = marks.find(({ mark }) => mark.every((octet, index) => octets[index] === octet));
  const encoding = found?.encoding ?? "utf-8";
  const text = decode(encoding, octets);
  if (text === null) {
    const where = encoding === "utf-8" ? `line ${lineOfFault(octets)} is not ` : "it is not ";
    throw new TextEncodingError(`${where}${encoding.toUpperCase()}: save the file as UTF-8`);
  }
  if (text.includes("\0")) {
    throw new TextEncodingError(
      "it holds NUL characters: save the file as UTF-8, or write it again if it is damaged",
    );
  }
  return text;
}

/** The lines of a text, which may end with CRLF, LF or CR. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/** The text without its byte order mark; null when the octets are not in this encoding. */
function decode(encoding: string, octets: Uint8Array<ArrayBuffer>): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(octets);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** The number, from 1, of the first line that is not UTF-8. */
function lineOfFault(octets: Uint8Array<ArrayBuffer>): number {
  let line = 1;
  for (let start = 0;; line++) {
    const end = octets.indexOf(0x0a, start);
    if (end === -1 || decode("utf-8", octets.subarray(start, end)) === null) return line;
    start = end + 1;
  }
}
