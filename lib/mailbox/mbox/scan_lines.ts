/**
 * Cuts an mbox into lines, a chunk at a time, so that a file of any size needs little memory and delays no session.
 */
import { CR, LF } from "../../protocol/ascii.ts";
import type { TimeSlice } from "../../time/time_slice.ts";
import type { FileWindow } from "./file_window.ts";
import { SEPARATOR_OCTETS } from "./separator.ts";

const [TAB, SPACE, LETTER_F, LETTER_C, LETTER_c] = [0x09, 0x20, 0x46, 0x43, 0x63];

/**
 * Which lines a visitor wants to see: all; those that may be a separator or a `Content-Length`; or those that may be
 * a separator.
 */
export type WantedHeads = "all" | "lengths" | "separators";

/**
 * Called for each line of a file. Calls are synchronous: a promise for each of millions of lines would cost more than
 * the rest.
 */
export interface LineVisitor {
  /** Which lines the visitor wants to see now. */
  readonly wanted: WantedHeads;
  /** @param head the first octets of the line, one character each; empty for a line that is not wanted */
  visit(start: number, end: number, isBlank: boolean, head: string): void;
}

/** Visits each line of the first `size` octets. */
export async function scanLines(
  window: FileWindow,
  size: number,
  slice: TimeSlice,
  visitor: LineVisitor,
): Promise<void> {
  for (let offset = 0; offset < size;) {
    await slice.pause();
    const chunk = window.fresh(offset, size);
    const isLast = offset + chunk.length === size;
    let at = 0;
    for (;;) {
      const lineFeed = chunk.indexOf(LF, at);
      if (lineFeed === -1) break;
      visitor.visit(
        offset + at,
        offset + lineFeed + 1,
        isBlank(chunk, at, lineFeed),
        headOf(chunk, at, lineFeed + 1, visitor.wanted),
      );
      at = lineFeed + 1;
    }
    if (isLast && at < chunk.length) {
      visitor.visit(
        offset + at,
        size,
        false,
        headOf(chunk, at, chunk.length, visitor.wanted),
      );
      return;
    }
    // A line that the chunk cuts off is read again from its start, unless it is longer than a chunk.
    if (at > 0 || isLast) offset += at || chunk.length;
    else offset = visitLongLine(window, offset, size, chunk, visitor);
  }
}

/** @returns where the next line begins */
function visitLongLine(
  window: FileWindow,
  start: number,
  size: number,
  chunk: Uint8Array,
  visitor: LineVisitor,
): number {
  const head = headOf(chunk, 0, chunk.length, visitor.wanted);
  let end = start + chunk.length;
  while (end < size) {
    const more = window.fresh(end, size);
    const lineFeed = more.indexOf(LF);
    end += lineFeed === -1 ? more.length : lineFeed + 1;
    if (lineFeed !== -1) break;
  }
  visitor.visit(start, end, false, head);
  return end;
}

/** Whether there is nothing but spaces before the line feed. */
function isBlank(chunk: Uint8Array, start: number, lineFeed: number): boolean {
  for (let at = start; at < lineFeed; at++) {
    const octet = chunk[at];
    if (octet === SPACE || octet === TAB) continue;
    return octet === CR && at + 1 === lineFeed;
  }
  return true;
}

function headOf(chunk: Uint8Array, start: number, end: number, wanted: WantedHeads): string {
  const first = chunk[start];
  const matters = first === LETTER_F && chunk[start + 4] === SPACE || wanted === "all" ||
    wanted === "lengths" && (first === LETTER_C || first === LETTER_c);
  if (!matters) return "";
  return String.fromCharCode(...chunk.subarray(start, Math.min(end, start + SEPARATOR_OCTETS)));
}
