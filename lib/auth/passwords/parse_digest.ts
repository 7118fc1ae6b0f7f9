/** Parses a stored password that is one digest, in base64 or in hexadecimal digits. */
import { fromBase64, fromHex } from "./hash_parts.ts";
import type { Octets, QuickDigest } from "./password_hash.ts";

/** How a scheme writes its octets; null where the line does not say it. */
export type Encoding = "base64" | "hex" | null;

interface DigestScheme {
  readonly algorithm: QuickDigest["algorithm"];
  readonly octets: number;
  readonly isSalted: boolean;
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array();

const unsalted = (algorithm: QuickDigest["algorithm"], octets: number): DigestScheme => ({
  algorithm,
  octets,
  isSalted: false,
});
const salted = (algorithm: QuickDigest["algorithm"], octets: number): DigestScheme => ({
  algorithm,
  octets,
  isSalted: true,
});

const SCHEMES = new Map<string, DigestScheme>([
  ["PLAIN-MD4", unsalted("md4", 16)],
  ["PLAIN-MD5", unsalted("md5", 16)],
  ["LDAP-MD5", unsalted("md5", 16)],
  ["DIGEST-MD5", unsalted("md5", 16)],
  ["SMD5", salted("md5", 16)],
  ["SHA", unsalted("sha1", 20)],
  ["SHA1", unsalted("sha1", 20)],
  ["SSHA", salted("sha1", 20)],
  ["SHA256", unsalted("sha256", 32)],
  ["SSHA256", salted("sha256", 32)],
  ["SHA512", unsalted("sha512", 64)],
  ["SSHA512", salted("sha512", 64)],
]);

/** @param username the name in the line: DIGEST-MD5 digests it, too */
export function parseDigest(
  scheme: string,
  text: string,
  encoding: Encoding,
  username: string,
): QuickDigest | null {
  const kind = SCHEMES.get(scheme);
  if (kind === undefined) return null;
  const { algorithm, isSalted } = kind;
  const octets = decoded(text, encoding, kind);
  if (isSalted && octets.length <= kind.octets) {
    throw new SyntaxError(`its ${scheme} lacks the salt after the digest`);
  }
  if (!isSalted && octets.length !== kind.octets) {
    throw new SyntaxError(`its ${scheme} has ${octets.length} octets, and not ${kind.octets}`);
  }
  return {
    type: "digest",
    scheme,
    algorithm,
    digest: octets.slice(0, kind.octets),
    before: scheme === "DIGEST-MD5" ? realmOf(username) : NOTHING,
    after: octets.slice(kind.octets),
  };
}

/** As Dovecot has it: the length shows how a digest without a salt is written. */
function decoded(text: string, encoding: Encoding, { octets, isSalted }: DigestScheme): Octets {
  const isHex = encoding === "hex" ||
    encoding === null && !isSalted && text.length === 2 * octets;
  return isHex ? fromHex(text) : fromBase64(text);
}

/** RFC 2831 section 2.1.2.1: the name, the realm and the password, with colons. */
function realmOf(username: string): Octets {
  const at = username.lastIndexOf("@");
  const [name, realm] = at < 0 ? [username, ""] : [username.slice(0, at), username.slice(at + 1)];
  return encoder.encode(`${name}:${realm}:`);
}
