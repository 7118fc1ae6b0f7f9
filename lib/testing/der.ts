/** What a certificate needs of DER, the binary form of ASN.1 (ITU-T X.690). */

/** One value in DER. */
export type Der = Uint8Array<ArrayBuffer>;

/** Tags that are used by name; a tag of a context is 0x80 or 0xa0 and its number. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const encoder = new TextEncoder();

/** A value of this tag, with the octets of its parts as content. */
export function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Der {
  const content = parts.flatMap((part) => [...part]);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = rest >> 8) length.unshift(rest & 0xff);
  const head = content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length];
  return new Uint8Array([tag, ...head, ...content]);
}

/** A sequence of values. */
export function sequence(...parts: readonly Uint8Array[]): Der {
  return der(TAG.sequence, ...parts);
}

/** A number of any size, not negative, the first octet the highest. */
export function integer(octets: Uint8Array): Der {
  const first = octets.findIndex((octet) => octet !== 0);
  const digits = first < 0 ? [0] : [...octets.subarray(first)];
  return der(TAG.integer, (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits);
}

/** An object identifier, as `2.5.29.17`. */
export function objectId(text: string): Der {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const octets = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high = high >> 7) digits.unshift(0x80 | high & 0x7f);
    octets.push(...digits);
  }
  return der(TAG.objectId, octets);
}

export function utf8String(text: string): Der {
  return der(TAG.utf8String, encoder.encode(text));
}

/** A bit string of whole octets. */
export function bitString(octets: Uint8Array): Der {
  return der(TAG.bitString, [0], octets);
}

/** A time to the second; with two digits for years before 2050, as RFC 5280 section 4.1.2.5 wants it. */
export function time(date: Date): Der {
  const digits = `${date.toISOString().replaceAll(/\.\d+|\D/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? der(TAG.utcTime, encoder.encode(digits.slice(2)))
    : der(TAG.generalizedTime, encoder.encode(digits));
}

/** The same in text (RFC 7468). */
export function pem(label: string, octets: Uint8Array): string {
  const lines = octets.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
