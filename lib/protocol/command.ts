/**
 * Parses a command line (RFC 1939 section 3). The verb is ASCII; the argument may be UTF-8 (RFC 6856 section 2).
 *
 * The verb ends at the first space, and its case does not matter. The argument is everything after that space,
 * unchanged: a password may begin and end with spaces.
 */
import { asciiText, isTextOctet, SPACE } from "./ascii.ts";

/** A parsed line. */
export type ParsedLine =
  | {
    readonly type: "command";
    readonly verb: string;
    readonly argument: string;
  }
  | { readonly type: "empty" }
  | { readonly type: "not-text" };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Parses one line, which has no line end any more. */
export function parseCommand(line: Uint8Array): ParsedLine {
  if (line.length === 0) return { type: "empty" };
  const space = line.indexOf(SPACE);
  const verbEnd = space === -1 ? line.length : space;
  let isAscii = true;
  for (let at = 0; at < line.length; at++) {
    const octet = line[at] ?? 0;
    if (isTextOctet(octet)) continue;
    if (octet < 0x80 || at < verbEnd) return { type: "not-text" };
    isAscii = false;
  }
  const verb = asciiText(line, 0, verbEnd).toUpperCase();
  if (isAscii) {
    return { type: "command", verb, argument: asciiText(line, verbEnd + 1, line.length) };
  }
  try {
    return { type: "command", verb, argument: decoder.decode(line.subarray(verbEnd + 1)) };
  } catch {
    return { type: "not-text" };
  }
}
