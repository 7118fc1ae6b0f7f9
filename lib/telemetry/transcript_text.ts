/** Text and octets as a transcript writes them: what cannot be seen is escaped. */
import { CR, DEL, LF, SPACE } from "../protocol/ascii.ts";
import { printableOctets } from "./printable.ts";

const BACKSLASH = 0x5c;

/** Octets as text, with CR and LF as they are. */
export function escapedOctets(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) {
    const isPlain = (octet >= SPACE && octet < DEL) || octet === CR || octet === LF;
    if (octet === BACKSLASH) text += "\\\\";
    else if (isPlain) text += String.fromCharCode(octet);
    else text += `\\x${octet.toString(16).padStart(2, "0")}`;
  }
  return text;
}

/** Text on one line; a final `…` would stand for any rest. */
export function escaped(text: string): string {
  return printableOctets(text.replaceAll("\\", "\\\\").replace(/…$/, "\\xe2\\x80\\xa6"));
}
