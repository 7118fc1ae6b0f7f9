/**
 * Finds which octets of an mbox belong to which message, line by line.
 *
 * - A message begins with a separator (separator.ts) at the start of the file, after a blank line, or where a
 *   `Content-Length` leads to. A certain separator may also be anywhere, if a header follows. The message ends where
 *   the next one begins, so every octet after the first separator belongs to exactly one message. The separator, and
 *   the blank line before the next one, are deleted with a message but not sent.
 * - A `Content-Length` counts only if it leads to a separator at the start of a line, or to the end of the file. Then
 *   lines within that length that look like separators are text. It may leave out the last line end, as Netscape's
 *   does.
 * - Lines that begin with `>From ` or `From ` directly after the separator belong to the envelope.
 * - Text before the first separator is a message if it begins with a header. Otherwise it belongs to no message, and is
 *   kept.
 * - A line `>From `, `>>From ` and so on means one with one `>` less: mboxo and mboxrd quote like that. A
 *   message whose `Content-Length` counts and which holds a bare `From ` line was not quoted.
 */
import type { FoundMessages, LengthTarget, MessagePlace, TargetOf } from "./found_messages.ts";
import type { LineVisitor, WantedHeads } from "./scan_lines.ts";
import { isFieldStart, type SeparatorForm, separatorForm } from "./separator.ts";

interface OpenMessage {
  readonly start: number;
  contentStart: number;
  /** Where its `Content-Length` leads to; null unless that counts. */
  target: LengthTarget | null;
  holdsBareFrom: boolean;
}

/** A line that may be a separator; the next line decides. */
interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly head: string;
  readonly form: SeparatorForm | null;
  readonly isLedTo: boolean;
  /** Where the blank line before it begins. */
  readonly blankStart: number | null;
}

/** Windows editors put it before the first line. */
const BYTE_ORDER_MARK = "\xef\xbb\xbf";

const MAIL_FIELD =
  /^(?:from|to|subject|date|received|return-path|message-id|delivered-to|mime-version|x-mozilla-status):/i;

export class MessageFinder implements LineVisitor {
  readonly #targetOf: TargetOf;
  readonly #places: Omit<MessagePlace, "next">[] = [];
  #open: OpenMessage | null = null;
  #isInHeader = false;
  /** Whether only the envelope of the message has been seen. */
  #isAtTop = false;
  #toldLength: number | null = null;
  #candidate: Candidate | null = null;
  /** Where the line before begins; null unless that is blank. */
  #blankStart: number | null = null;
  #isTextBefore = false;
  #isFirstBare = false;
  #isMbox = false;
  /** Whether the file begins with a separator that has no date. */
  #isUndated = false;
  #doubts = 0;
  #firstDoubt: string | null = null;

  constructor(targetOf: TargetOf) {
    this.#targetOf = targetOf;
  }

  get wanted(): WantedHeads {
    const isAtTop = this.#candidate !== null || this.#isAtTop ||
      this.#open === null && !this.#isTextBefore || this.#isFirstBare && !this.#isMbox;
    return isAtTop ? "all" : this.#isInHeader ? "lengths" : "separators";
  }

  visit(start: number, end: number, isBlank: boolean, head: string): void {
    const line = start === 0 && head.startsWith(BYTE_ORDER_MARK) ? head.slice(3) : head;
    if (this.#candidate !== null) this.#settle(this.#candidate, line, isBlank);
    const target = this.#open?.target ?? null;
    const isFrom = line.startsWith("From ");
    if (this.#open !== null && target !== null && start < target.next) {
      if (isFrom) this.#passBareFrom(this.#open, line);
      return;
    }
    if (!isFrom) return this.#visitText(start, end, isBlank, line);
    const form = separatorForm(line);
    const isLedTo = start === target?.next;
    const blankStart = this.#blankStart;
    if (start === 0 || isLedTo || blankStart !== null || form === "certain") {
      this.#candidate = { start, end, head: line, form, isLedTo, blankStart };
    } else {
      this.#visitBareFrom(end, line, form === "possible");
    }
  }

  finish(size: number): FoundMessages {
    if (this.#candidate !== null) this.#settle(this.#candidate, "", true);
    this.#close(size, this.#blankStart);
    const places = this.#places.map((place, at) => ({
      ...place,
      next: this.#places[at + 1]?.start ?? size,
    }));
    return {
      places,
      before: places[0]?.start ?? size,
      isTextBefore: this.#isTextBefore,
      isFirstBare: this.#isFirstBare,
      isMbox: this.#isMbox,
      doubts: { count: this.#doubts, first: this.#firstDoubt },
    };
  }

  /** Decides about a candidate by the next line: before a header, even what might be prose is a separator. */
  #settle(candidate: Candidate, nextHead: string, isNextBlank: boolean): void {
    this.#candidate = null;
    const { start, end, head, form } = candidate;
    const isHeader = isFieldStart(nextHead) || nextHead.startsWith(">From ");
    if (!this.#isSeparator(candidate, isHeader, isHeader || isNextBlank)) {
      return this.#visitBareFrom(end, head, true);
    }
    if (start === 0 && (form === "undated" || form === null)) this.#isUndated = true;
    if (!isHeader && !isNextBlank) this.#doubt(head);
    this.#close(start, candidate.blankStart);
    this.#begin({ start, contentStart: end, target: null, holdsBareFrom: false });
    this.#isMbox = true;
  }

  #isSeparator(
    { start, form, isLedTo, blankStart }: Candidate,
    isHeader: boolean,
    isHeaderOrNothing: boolean,
  ): boolean {
    if (isLedTo) return true;
    const isDated = form === "certain" || form === "possible";
    if (start === 0) return isHeader || isDated || form === "bare" && isHeaderOrNothing;
    if (blankStart === null) return isHeader;
    return isDated ||
      isHeaderOrNothing && (form === "bare" || form === "undated" && this.#isUndated);
  }

  #visitText(start: number, end: number, isBlank: boolean, head: string): void {
    this.#blankStart = isBlank ? start : null;
    const open = this.#open;
    this.#isAtTop &&= head.startsWith(">From ");
    if (open === null) {
      if (!isBlank && !this.#isTextBefore) this.#beginWithoutSeparator(start, head);
    } else if (this.#isAtTop) {
      open.contentStart = end;
    } else if (this.#isInHeader) {
      this.#visitHeader(open, start, end, isBlank, head);
    }
    if (this.#isFirstBare && this.#isInHeader && MAIL_FIELD.test(head)) this.#isMbox = true;
  }

  #visitHeader(
    open: OpenMessage,
    start: number,
    end: number,
    isBlank: boolean,
    head: string,
  ): void {
    const [, length] = /^content-length:\s*(\d{1,15})\s*$/i.exec(head) ?? [];
    if (length !== undefined) this.#toldLength = Number(length);
    // A line of spaces continues a field (RFC 5322 section 2.2.3).
    if (!isBlank || end - start > 2) return;
    this.#isInHeader = false;
    if (this.#toldLength === null) return;
    open.target = this.#targetOf(end + this.#toldLength, this.#isUndated);
    if (open.target !== null) this.#blankStart = null;
  }

  /** Handles a line that begins with `From ` and is no separator. */
  #visitBareFrom(end: number, head: string, isDoubtful: boolean): void {
    this.#blankStart = null;
    const open = this.#open;
    if (open === null) this.#isTextBefore = true;
    else if (this.#isAtTop) open.contentStart = end;
    else open.holdsBareFrom = true;
    if (isDoubtful) this.#doubt(head);
  }

  #passBareFrom(open: OpenMessage, head: string): void {
    open.holdsBareFrom = true;
    if (separatorForm(head) !== null) this.#doubt(head);
  }

  #doubt(head: string): void {
    this.#doubts++;
    this.#firstDoubt ??= head.trimEnd();
  }

  #beginWithoutSeparator(start: number, head: string): void {
    if (!isFieldStart(head)) {
      this.#isTextBefore = true;
      return;
    }
    this.#isFirstBare = true;
    this.#begin({ start: 0, contentStart: start, target: null, holdsBareFrom: false });
    this.#isAtTop = false;
  }

  #begin(message: OpenMessage): void {
    this.#open = message;
    this.#isInHeader = true;
    this.#isAtTop = true;
    this.#toldLength = null;
    this.#blankStart = null;
  }

  #close(end: number, blankStart: number | null): void {
    const open = this.#open;
    if (open === null) return;
    const { start, contentStart, target, holdsBareFrom } = open;
    const contentEnd = Math.max(contentStart, target?.contentEnd ?? blankStart ?? end);
    const isQuoted = target === null || !holdsBareFrom;
    this.#places.push({ start, contentStart, contentEnd, isQuoted });
    this.#open = null;
  }
}
