/**
 * Recognizes the line before each message of an mbox: `From SENDER DATE`.
 *
 * RFC 4155 appendix A requires an address and a date as asctime writes it. Programs also write a zone before or after
 * the year, no seconds, a year of two digits, or a date as in RFC 5322 or ISO 8601. Some write no sender, `-` or
 * `user at host` as the sender, or nothing at all after `From -` or `From`. Any other line that begins with `From ` is
 * prose.
 *
 * - `certain`: a sender and a full date. It separates even without a blank line before it, if a header follows.
 * - `possible`: another form with a date. It separates after a blank line.
 * - `bare`: `From -` or `From ` alone. It separates after a blank line, if a header or nothing follows.
 * - `undated`: `From ` and one word. It separates only in a file that begins with such a line, since its writer gives
 *   no dates.
 */

/** The form of a line that may stand before a message. */
export type SeparatorForm = "certain" | "possible" | "bare" | "undated";

/** A longer line is no separator: no address and date are that long. */
export const SEPARATOR_OCTETS = 1_024;

const WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)";
const DAY = "(?:0?[1-9]|[12]\\d|3[01])";
const MINUTES = "(?:[01]?\\d|2[0-3]):[0-5]\\d";
const SECONDS = ":(?:[0-5]\\d|60)";
const YEAR = "(?:19|20|21)\\d\\d";
// Two at most: with more, a hostile line could make the expression backtrack for long.
const ZONES = "(?: +(?:[+-]\\d{4}|[a-z]{1,5}|\\([^)]*\\))){0,2}";

/**
 * A date at the end of a line. Each part begins differently, so that matching takes time in proportion to the line.
 */
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

/** The form of the line that begins with `head`, a character for each octet; null for any other line. */
export function separatorForm(head: string): SeparatorForm | null {
  if (!head.startsWith("From ") || head.length >= SEPARATOR_OCTETS) return null;
  const line = head.trimEnd();
  // Skips nearly all prose, which has no time of day.
  if (line.includes(":")) {
    const fullDate = FULL_DATE.exec(line);
    if (fullDate !== null && ONE_SENDER.test(line.slice(0, fullDate.index))) return "certain";
    if (ANY_DATE.test(line)) return "possible";
  }
  if (line === "From" || line === "From -") return "bare";
  return /^From \S+$/.test(line) ? "undated" : null;
}

/** Whether the line that begins with `head` starts a header field (RFC 5322 section 2.2). */
export function isFieldStart(head: string): boolean {
  return /^[!-9;-~]+[ \t]*:/.test(head);
}

/** Whether the line `head` is blank; programs also treat a line of spaces as blank. */
export function isBlankLine(head: string): boolean {
  return /^[ \t]*\r?\n$/.test(head);
}
