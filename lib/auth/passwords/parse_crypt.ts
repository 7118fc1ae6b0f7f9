/** Parses a hash whose first characters show its kind: those of crypt(3), of passlib and of Apache. */
import { atLeast, fromBase64 } from "./hash_parts.ts";
import { isMd5Crypt } from "./md5_crypt.ts";
import type { PasswordHash } from "./password_hash.ts";

/** Kinds of crypt(3) that no well-kept library checks. */
const UNSERVED: readonly (readonly [string, string])[] = [
  ["$y$", "yescrypt"],
  ["$gy$", "gost-yescrypt"],
  ["$7$", "crypt(3)'s own scrypt"],
  ["$2x$", "the faulty bcrypt of old PHP"],
  ["$sha1$", "NetBSD's SHA1-crypt"],
  ["$md5", "Sun's MD5"],
  ["$3$", "the NT hash"],
  ["_", "BSDi's DES"],
];

/** Null for a text that is none of these. */
export function parseCrypt(text: string): PasswordHash | null {
  if (/^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.test(text)) {
    return { type: "bcrypt", text };
  }
  if (/^\$[56]\$(rounds=[1-9]\d*\$)?[^$:]{0,16}\$[./A-Za-z0-9]{43,86}$/.test(text)) {
    return { type: "sha-crypt", text };
  }
  if (
    /^\$argon2(id|i|d)\$v=19\$m=[1-9]\d*,t=[1-9]\d*,p=[1-9]\d*\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{6,}$/
      .test(text)
  ) {
    return { type: "argon2", text };
  }
  if (isMd5Crypt(text)) return { type: "md5-crypt", text };
  if (/^[./A-Za-z0-9]{13}$/.test(text)) return { type: "des-crypt", text };
  if (text.startsWith("$scrypt$")) return parseScrypt(text);
  if (text.startsWith("$pbkdf2")) return parsePbkdf2(text);
  const [, kind] = UNSERVED.find(([beginning]) => text.startsWith(beginning)) ?? [];
  if (kind === undefined) return null;
  throw new SyntaxError(
    `its hash is ${kind}, which the server cannot check: make another with pop3svc hash`,
  );
}

/** `$pbkdf2-sha256$rounds$salt$key` of Python's passlib; its base64 has a dot for the plus. */
function parsePbkdf2(text: string): PasswordHash {
  const [, name, count, salt = "", key = ""] =
    /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d+)\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  if (count === undefined) {
    throw new SyntaxError("its PBKDF2 is not $pbkdf2-sha256$rounds$salt$key");
  }
  return {
    type: "pbkdf2",
    digest: name === "sha256" || name === "sha512" ? name : "sha1",
    iterations: atLeast(1, count),
    salt: fromBase64(salt.replaceAll(".", "+")),
    key: fromBase64(key.replaceAll(".", "+")),
  };
}

/** `$scrypt$ln=14,r=8,p=1$salt$key`, as Python's passlib and the PHC format have it. */
function parseScrypt(text: string): PasswordHash {
  const [, ln, r, p, salt = "", key = ""] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  if (ln === undefined) throw new SyntaxError("its scrypt is not $scrypt$ln=14,r=8,p=1$salt$key");
  const cost = { N: 2 ** atLeast(1, ln), r: atLeast(1, r), p: atLeast(1, p) };
  return { type: "scrypt", cost, salt: fromBase64(salt), key: fromBase64(key) };
}
