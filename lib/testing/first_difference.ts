/** Says where two messages differ, in a few short lines, however long they are. */
import { latin1 } from "./latin1.ts";

/** Octets that are shown before and after the first one that differs. */
const CONTEXT = 16;

/** A message, a character for each octet, as a client gets it: all line ends are CRLF, and the last line has one. */
export function asSent(message: Uint8Array): string {
  const text = latin1(message).replaceAll(/\r\n|\r|\n/g, "\r\n");
  return text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`;
}

/** Where the messages differ first; both are as {@linkcode asSent} gives them. */
export function firstDifference(actual: string, expected: string): string {
  const at = lengthOfSame(actual, expected);
  const [is, mustBe] = [octetAt(actual, at), octetAt(expected, at)];
  return [
    `the octet at offset ${at} is ${is}, and must be ${mustBe}`,
    `  octets:  ${actual.length} with CRLF line ends, and must be ${expected.length}`,
    `  is:      ${around(actual, at)}`,
    `  must be: ${around(expected, at)}`,
  ].join("\n");
}

/** How many octets are the same from the start. */
export function lengthOfSame(first: string, second: string): number {
  const shorter = Math.min(first.length, second.length);
  let length = 0;
  while (length < shorter && first.charCodeAt(length) === second.charCodeAt(length)) length++;
  return length;
}

function octetAt(text: string, at: number): string {
  return at < text.length ? hex(text.charCodeAt(at)) : "missing";
}

function around(text: string, at: number): string {
  const from = Math.max(0, at - CONTEXT);
  const shown = text.slice(from, at + CONTEXT).replaceAll(
    /[^\x20-\x7e]/g,
    (octet) =>
      octet === "\r" ? "\\r" : octet === "\n" ? "\\n" : `\\x${hex(octet.charCodeAt(0)).slice(2)}`,
  );
  return `${from > 0 ? "…" : ""}${shown}${at + CONTEXT < text.length ? "…" : ""}`;
}

function hex(octet: number): string {
  return `0x${octet.toString(16).padStart(2, "0")}`;
}
