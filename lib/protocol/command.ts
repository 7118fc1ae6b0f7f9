/**
 * A command line, taken apart (RFC 1939 section 3). The verb is ASCII; the argument may be UTF-8 (RFC 6856 section 2).
 *
 * The verb ends at the first space and is the same in any case. The argument is everything behind that
 * space, unchanged: a password may hold spaces, also at its ends.
 */
import { isTextOctet, SPACE } from "./ascii.ts";

/** What a line of a client turned out to be. */
export type ParsedLine =
  | {
    readonly type: "command";
    readonly verb: string;
    readonly argument: string;
  }
  | { readonly type: "empty" }
  | { readonly type: "not-text" };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Takes one line, without its line end, apart. */
export function parseCommand(line: Uint8Array): ParsedLine {
  if (line.length === 0) return { type: "empty" };
  const space = line.indexOf(SPACE);
  const verbEnd = space === -1 ? line.length : space;
  const isText = line.every((octet, index) =>
    isTextOctet(octet) || (octet >= 0x80 && index > verbEnd)
  );
  if (!isText) return { type: "not-text" };
  try {
    return {
      type: "command",
      verb: decoder.decode(line.subarray(0, verbEnd)).toUpperCase(),
      argument: decoder.decode(line.subarray(verbEnd + 1)),
    };
  } catch {
    return { type: "not-text" };
  }
}
