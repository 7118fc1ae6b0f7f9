/** Writes text and octets as a transcript has them: invisible characters are escaped. */
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

/** Escapes text for one line. A final `…` is escaped, too, since in a transcript it stands for any rest of the line. */
export function escaped(text: string): string {
  return printableOctets(text.replaceAll("\\", "\\\\").replace(/…$/, "\\xe2\\x80\\xa6"));
}
