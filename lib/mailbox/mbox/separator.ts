/**
 * What the line is that stands before each message of an mbox: `From SENDER DATE`.
 *
 * RFC 4155 appendix A asks for an address and a date as asctime writes it. Programs also write a zone before or after the year, no
 * seconds, a year of two digits, no sender, `-` as the sender, `user at host`, a date as in RFC 5322 or ISO 8601, and nothing at
 * all after `From -` or `From`. Everything else that begins with `From ` is prose.
 *
 * - `certain`: a sender and a full date. It separates also where no blank line stands before it, if a header follows.
 * - `possible`: another of the forms. It separates after a blank line.
 * - `bare`: `From -` or `From ` alone. It separates after a blank line, if a header or nothing follows.
 * - `undated`: `From ` and one word. It separates only in a file that begins with such a line, since its writer gives no dates.
 */

/** The form of a line that may stand before a message. */
export type SeparatorForm = "certain" | "possible" | "bare" | "undated";

/** A longer line is no separator: no address and date take so much. */
export const SEPARATOR_OCTETS = 1_024;

const WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)";
const DAY = "(?:0?[1-9]|[12]\\d|3[01])";
const MINUTES = "(?:[01]?\\d|2[0-3]):[0-5]\\d";
const SECONDS = ":(?:[0-5]\\d|60)";
const YEAR = "(?:19|20|21)\\d\\d";
// Two at most: a message of hostile words must not make the expression try them in all ways.
const ZONES = "(?: +(?:[+-]\\d{4}|[a-z]{1,5}|\\([^)]*\\))){0,2}";

/** A date at the end of a line. Each part begins with something else, so that it costs time in proportion to the line. */
function dateForms(seconds: string, year: string): RegExp {
  const time = `${MINUTES}${seconds}`;
  const asctime = `${WEEKDAY},? +${MONTH} +${DAY} +${time}${ZONES} +${year}${ZONES}`;
  const internet = `(?:${WEEKDAY}, ?)?${DAY}[ -]${MONTH}[ -]${year} +${time}${ZONES}`;
  const iso = `${YEAR}-\\d\\d-\\d\\d[t ]${MINUTES}${SECONDS}(?:\\.\\d+)?(?:z|[+-]\\d\\d:?\\d\\d)?`;
  return new RegExp(` (?:${asctime}|${internet}|${iso})(?: remote from \\S+)?$`, "i");
}

const FULL_DATE = dateForms(SECONDS, YEAR);
const ANY_DATE = dateForms(`(?:${SECONDS})?`, `(?:${YEAR}|\\d\\d)`);
const ONE_SENDER = /^From (?:"(?:[^"\\]|\\.)*"\S*|\S+)(?: at \S+)? *$/;

/** The form of a line, of which `head` is the beginning, an octet for each character; null for any other line. */
export function separatorForm(head: string): SeparatorForm | null {
  if (!head.startsWith("From ") || head.length >= SEPARATOR_OCTETS) return null;
  const line = head.trimEnd();
  // Nearly all prose has no time of the day.
  if (line.includes(":")) {
    const fullDate = FULL_DATE.exec(line);
    if (fullDate !== null && ONE_SENDER.test(line.slice(0, fullDate.index))) return "certain";
    if (ANY_DATE.test(line)) return "possible";
  }
  if (line === "From" || line === "From -") return "bare";
  return /^From \S+$/.test(line) ? "undated" : null;
}

/** Whether a line, of which `head` is the beginning, is the first one of a field of a header (RFC 5322 section 2.2). */
export function isFieldStart(head: string): boolean {
  return /^[!-9;-~]+[ \t]*:/.test(head);
}

/** Whether a line, of which `head` is the whole, is blank: programs take one of spaces for one. */
export function isBlankLine(head: string): boolean {
  return /^[ \t]*\r?\n$/.test(head);
}
