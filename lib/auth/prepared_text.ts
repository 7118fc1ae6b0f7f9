/**
 * Prepares names and passwords for a comparison, with SASLprep (RFC 4013), as RFC 6856 section 2.1 and RFC 4616 section
 * 2 require. So an é is the same whether it arrives as one character or as two, and a no-break space is a space.
 *
 * - Plain ASCII is already prepared, and loads no library.
 * - A text that SASLprep forbids (control characters, mixed directions) stays as it is, and equals only itself. Code
 *   points that are newer than Unicode 3.2 are allowed: otherwise nobody could have an emoji in a password.
 */

import { type Awaitable, then } from "../protocol/reply.ts";

/** Prepares one text. */
export type Prepare = (text: string) => string;

/** How names are compared: `lower` ignores the case of letters, `keep` does not. */
export type UsernameCase = "lower" | "keep";

const asItIs: Prepare = (text) => text;

/** A function that prepares these texts, or parts of them: at once where all are ASCII. */
export function preparerOf(...texts: readonly string[]): Awaitable<Prepare> {
  return texts.every(isAscii) ? asItIs : libraryPreparer();
}

async function libraryPreparer(): Promise<Prepare> {
  const { saslprep } = await import("@mongodb-js/saslprep");
  return (text) => {
    if (isAscii(text)) return text;
    try {
      // Some texts become empty, and would then equal an empty text: those stay as they are.
      return saslprep(text, { allowUnassigned: true }) || text;
    } catch {
      return text;
    }
  };
}

/** The prepared text. */
export async function prepared(text: string): Promise<string> {
  return (await preparerOf(text))(text);
}

/** A function that gives all spellings of a name the same key, for names that occur in these texts. */
export function nameKeysOf(
  usernameCase: UsernameCase,
  ...texts: readonly string[]
): Awaitable<(name: string) => string> {
  return then(
    preparerOf(...texts),
    (prepare) =>
      usernameCase === "keep"
        ? prepare
        // Lower case may decompose a character again.
        : (name) => prepare(name).toLowerCase().normalize("NFKC"),
  );
}

function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex -- all of ASCII
  return /^[\x00-\x7f]*$/.test(text);
}
