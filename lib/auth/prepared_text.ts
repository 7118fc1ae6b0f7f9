/**
 * Names and passwords as they are compared: prepared with SASLprep (RFC 4013), as RFC 6856 section 2.1 and RFC 4616
 * section 2 ask for. So an é is the same whether it came as one character or as two, and a no-break space is a space.
 *
 * - Plain ASCII is prepared already, and loads nothing.
 * - A text that SASLprep forbids (control characters, mixed directions) stays as it is: it then equals only itself. Code
 *   points that Unicode 3.2 did not have are let through, or nobody could have an emoji in a password.
 */

/** Prepares one text. */
export type Prepare = (text: string) => string;

/** How names are compared: `lower`, whatever the case of their letters; `keep`, letter by letter. */
export type UsernameCase = "lower" | "keep";

const asItIs: Prepare = (text) => text;

/** What prepares these texts. */
export async function preparerOf(...texts: readonly string[]): Promise<Prepare> {
  if (texts.every(isAscii)) return asItIs;
  const { saslprep } = await import("@mongodb-js/saslprep");
  return (text) => {
    if (isAscii(text)) return text;
    try {
      // A text of which nothing is left would be equal to nothing at all.
      return saslprep(text, { allowUnassigned: true }) || text;
    } catch {
      return text;
    }
  };
}

/** The text prepared. */
export async function prepared(text: string): Promise<string> {
  return (await preparerOf(text))(text);
}

/** Gives what two spellings of one name have in common, for names out of these texts. */
export async function nameKeysOf(
  usernameCase: UsernameCase,
  ...texts: readonly string[]
): Promise<(name: string) => string> {
  const prepare = await preparerOf(...texts);
  // Lower case may take a character apart again.
  return usernameCase === "keep"
    ? prepare
    : (name) => prepare(name).toLowerCase().normalize("NFKC");
}

function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex -- all of ASCII
  return /^[\x00-\x7f]*$/.test(text);
}
