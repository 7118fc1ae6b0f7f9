/**
 * Decides whether a `Content-Length` of an mbox can be believed. Many are wrong, and one in a message may be a
 * forgery: only one that leads to a separator, or to the end of the file, ends a message.
 */
import { FileWindow, type WindowSource } from "./file_window.ts";
import type { LengthTarget, TargetOf } from "./found_messages.ts";
import { isBlankLine, SEPARATOR_OCTETS, separatorForm } from "./separator.ts";

/** After a longer blank line of spaces, the length does not count. */
const BLANK_LINE_OCTETS = 80;

/**
 * Checks whether a length leads to the end of a message: a line starts there, perhaps after a line end that the length
 * has left out. Then one blank line may follow, and then a separator or the end of the file.
 */
export function lengthTargets(file: WindowSource, size: number): TargetOf {
  const window = new FileWindow(file, SEPARATOR_OCTETS + BLANK_LINE_OCTETS);
  return (offset, isUndated) => {
    if (offset > size) return null;
    const text = textFrom(window, offset, size);
    const contentEnd = offset === size ? size : startOfLine(window, offset, text);
    if (contentEnd === null) return null;
    const rest = text.slice(contentEnd - offset);
    return targetAt(contentEnd, rest, size, isUndated);
  };
}

function targetAt(
  contentEnd: number,
  rest: string,
  size: number,
  isUndated: boolean,
): LengthTarget | null {
  const [line = ""] = /^[^\n]*\n?/.exec(rest) ?? [];
  for (const skipped of isBlankLine(line) ? [0, line.length] : [0]) {
    const next = contentEnd + skipped;
    if (next === size) return { contentEnd, next };
    const [head = ""] = /^[^\n]*\n?/.exec(rest.slice(skipped)) ?? [];
    const form = separatorForm(head);
    if (form !== null && (form !== "undated" || isUndated)) return { contentEnd, next };
  }
  return null;
}

/** The offset itself, or the one after a line end at this offset; null in the middle of a line. */
function startOfLine(window: FileWindow, offset: number, text: string): number | null {
  if (offset === 0 || textFrom(window, offset - 1, offset) === "\n") return offset;
  const [lineEnd] = /^\r?\n/.exec(text) ?? [];
  return lineEnd === undefined ? null : offset + lineEnd.length;
}

function textFrom(window: FileWindow, offset: number, size: number): string {
  const end = Math.min(size, offset + SEPARATOR_OCTETS + BLANK_LINE_OCTETS);
  let text = "";
  while (offset + text.length < end) {
    text += String.fromCharCode(...window.octets(offset + text.length, end));
  }
  return text;
}
