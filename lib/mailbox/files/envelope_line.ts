/**
 * Finds envelope lines at the beginning of a message file. Some programs write a message as a file together with the
 * line before it in an mbox: `From SENDER DATE`, or `>From …`. That line is not a header field, and is not sent.
 */
import { LF, SPACE } from "../../protocol/ascii.ts";
import { SEPARATOR_OCTETS, separatorForm } from "../mbox/separator.ts";

const [F, QUOTE] = [0x46, 0x3e];
/** The space of `From `: nearly every message begins with the header field `From:`, and needs no further look. */
const AFTER_FROM = 4;

/** How many octets at the beginning of a message belong to its envelope. */
export function envelopeOctets(beginning: Uint8Array): number {
  let end = 0;
  for (;;) {
    const first = beginning[end];
    if (first !== QUOTE && (first !== F || end > 0)) return end;
    const start = first === QUOTE ? end + 1 : end;
    if (beginning[start + AFTER_FROM] !== SPACE) return end;
    const lineFeed = beginning.subarray(start, start + SEPARATOR_OCTETS).indexOf(LF);
    if (lineFeed === -1) return end;
    const line = String.fromCharCode(...beginning.subarray(start, start + lineFeed));
    const form = separatorForm(line);
    if (form === null || form === "undated") return end;
    end = start + lineFeed + 1;
  }
}
