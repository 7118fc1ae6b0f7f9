/**
 * Makes text of a peer, a provider or a file safe to show: of limited length, on one line, and without Unicode's
 * controls, formats, line and paragraph separators. A terminal would obey some of them; others change the direction of
 * text.
 */

/** The length of the longest name that a log line, an event, a span or a metric shows whole. */
export const MOST_CHARACTERS = 256;

/** The length of the longest error text that is shown whole. */
export const MOST_ERROR_CHARACTERS = 2_000;
/** The longest chain of causes that is shown. An error may be its own cause. */
const MOST_CAUSES = 5;

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The text; if it is too long, its beginning and its length. */
export function cut(text: string, most: number = MOST_CHARACTERS): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most).toWellFormed()}… (cut, ${text.length} characters)`;
}

/** The text with `\uXXXX` in place of each invisible character. JSON keeps its meaning. */
export function printable(text: string): string {
  return text.replaceAll(INVISIBLE, (unseen) => {
    let escaped = "";
    for (let at = 0; at < unseen.length; at++) {
      escaped += `\\u${unseen.charCodeAt(at).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}

const encoder = new TextEncoder();

/** The text with `\xHH` for each octet of an invisible character, as a transcript writes it. */
export function printableOctets(text: string): string {
  return text.replaceAll(INVISIBLE, (unseen) => {
    let escaped = "";
    for (const octet of encoder.encode(unseen)) {
      escaped += `\\x${octet.toString(16).padStart(2, "0")}`;
    }
    return escaped;
  });
}

/** Describes any value that was thrown, by its message: the log says already that something failed. Never throws. */
export function describe(error: unknown, causes: number = MOST_CAUSES): string {
  try {
    if (!(error instanceof Error)) return String(error);
    // The cause of an error of Deno is the same in the words of the system.
    const hasCause = error.cause !== undefined && causes > 0 && !isOfDeno(error);
    const cause = hasCause ? `; cause: ${describe(error.cause, causes - 1)}` : "";
    return `${error.message === "" ? error.name : error.message}${cause}`;
  } catch {
    return "an error that cannot be shown";
  }
}

function isOfDeno({ name, constructor }: Error): boolean {
  return Object.hasOwn(Deno.errors, name) &&
    Object.values(Deno.errors).some((kind) => kind === constructor);
}
