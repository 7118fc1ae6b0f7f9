/**
 * A command line, taken apart (RFC 1939 section 3).
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

const decoder = new TextDecoder();

/** Takes one line, without its line end, apart. */
export function parseCommand(line: Uint8Array): ParsedLine {
  if (line.length === 0) return { type: "empty" };
  if (!line.every(isTextOctet)) return { type: "not-text" };
  const space = line.indexOf(SPACE);
  const verbEnd = space === -1 ? line.length : space;
  return {
    type: "command",
    verb: decoder.decode(line.subarray(0, verbEnd)).toUpperCase(),
    argument: decoder.decode(line.subarray(verbEnd + 1)),
  };
}
