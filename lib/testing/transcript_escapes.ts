/** The escapes of a transcript, to octets. */

const encoder = new TextEncoder();

/** The line with the password in place of `\\s`. */
export function withPassword(text: string, password: string): string {
  return text.replaceAll(
    /\\(s|\\)/g,
    (escape) => escape === "\\s" ? password.replaceAll("\\", "\\\\") : escape,
  );
}

/** The octets of a line with its CRLF, which a backslash at the end removes. */
export function lineOctets(text: string): Uint8Array {
  const isOpen = /(?<!\\)(\\\\)*\\$/.test(text);
  return octetsOf(isOpen ? text.slice(0, -1) : `${text}\\r\\n`);
}

const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|\(([^*]+)\*(\d+)\)|([rnt\\]))/g;
const NAMED_ESCAPES: Readonly<Record<string, number>> = {
  r: 13,
  n: 10,
  t: 9,
  "\\": 92,
};

/** The octets that a text stands for. */
export function octetsOf(text: string): Uint8Array {
  const octets: number[] = [];
  let at = 0;
  for (const match of text.matchAll(ESCAPE)) {
    octets.push(...encoder.encode(text.slice(at, match.index)));
    const [whole, hex, repeated, count, name] = match;
    if (hex !== undefined) octets.push(Number.parseInt(hex, 16));
    else if (name !== undefined) octets.push(NAMED_ESCAPES[name] ?? 0);
    else {
      const one = octetsOf(repeated ?? "");
      for (let n = Number(count); n > 0; n--) octets.push(...one);
    }
    at = match.index + whole.length;
  }
  octets.push(...encoder.encode(text.slice(at)));
  return new Uint8Array(octets);
}
