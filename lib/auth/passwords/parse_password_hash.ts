/**
 * Parses a stored password in the notations of Dovecot's passwd-file and Apache's htpasswd.
 *
 * - It is `{SCHEME}text`, or only the text where that shows its scheme: `$2y$…`, `$6$…`, `$argon2id$…`.
 * - We parse it when the file is read, so that a bad hash, or one that costs too much (hash_costs.ts), is found then
 *   and not at a login.
 * - No error message repeats any part of it.
 */
import { affordable } from "./hash_costs.ts";
import type { Octets, PasswordHash } from "./password_hash.ts";

/** The known schemes, for messages and help. */
export const KNOWN_SCHEMES =
  "PLAIN, BLF-CRYPT (bcrypt), ARGON2ID, SCRYPT, SHA512-CRYPT, SHA256-CRYPT, SSHA512, SSHA256, PBKDF2, SCRAM-SHA-256";

const encoder = new TextEncoder();

/** @throws {SyntaxError} that says what is wrong, and repeats nothing of the hash */
export function parsePasswordHash(stored: string): PasswordHash {
  return affordable(parse(stored));
}

function parse(stored: string): PasswordHash {
  if (stored === "" || stored.startsWith("!") || stored.startsWith("*")) return { type: "locked" };
  const [, scheme = "", encoding = "", text = ""] =
    /^\{([A-Za-z0-9-]+)(?:\.([A-Za-z0-9]+))?\}(.*)$/s.exec(stored) ?? [];
  if (scheme === "") return parseCrypt(stored);
  switch (scheme.toUpperCase()) {
    case "PLAIN":
    case "CLEAR":
    case "CLEARTEXT":
      if (text === "") throw new SyntaxError("its plain password is empty");
      return { type: "plain", password: text };
    case "SSHA256":
      return parseSaltedDigest("SHA-256", 32, text, encoding);
    case "SSHA512":
      return parseSaltedDigest("SHA-512", 64, text, encoding);
    case "SCRAM-SHA-256":
      return parseScram(text);
    case "PBKDF2":
      return text.startsWith("$1$") ? parseDovecotPbkdf2(text) : parseCrypt(text);
    case "CRYPT":
    case "BLF-CRYPT":
    case "SHA256-CRYPT":
    case "SHA512-CRYPT":
    case "ARGON2ID":
    case "ARGON2I":
    case "SCRYPT":
      return parseCrypt(text);
    default:
      throw new SyntaxError(`its scheme is not known; known are ${KNOWN_SCHEMES}`);
  }
}

/** Parses a text whose first characters show its scheme. */
function parseCrypt(text: string): PasswordHash {
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
  if (text.startsWith("$scrypt$")) return parseScrypt(text);
  if (text.startsWith("$pbkdf2")) return parsePbkdf2(text);
  if (text.startsWith("$apr1$") || text.startsWith("$1$")) {
    throw new SyntaxError("MD5 is no longer safe; make a new hash, for example with htpasswd -B");
  }
  throw new SyntaxError(
    `its password is none of ${KNOWN_SCHEMES}; a plain one is written {PLAIN}password`,
  );
}

function parseSaltedDigest(
  algorithm: "SHA-256" | "SHA-512",
  length: number,
  text: string,
  encoding: string,
): PasswordHash {
  const octets = encoding.toLowerCase() === "hex" ? fromHex(text) : fromBase64(text);
  if (octets.length <= length) throw new SyntaxError(`its ${algorithm} digest lacks the salt`);
  return {
    type: "salted-digest",
    algorithm,
    digest: octets.slice(0, length),
    salt: octets.slice(length),
  };
}

/** `iterations,salt,StoredKey,ServerKey`, as Dovecot writes it. */
function parseScram(text: string): PasswordHash {
  const [, count, salt = "", stored = "", server = "", ...more] =
    /^(\d+),([^,]+),([^,]+),([^,]+)$/.exec(text) ?? [];
  const [storedKey, serverKey] = [fromBase64(stored), fromBase64(server)];
  if (more.length > 0 || storedKey.length !== 32 || serverKey.length !== 32) {
    throw new SyntaxError("its SCRAM-SHA-256 is not iterations,salt,StoredKey,ServerKey");
  }
  const iterations = atLeast(1, count);
  return {
    type: "scram-sha-256",
    verifier: { iterations, salt: fromBase64(salt), storedKey, serverKey },
  };
}

/** `$1$salt$rounds$key` of Dovecot: SHA-1, the salt as text, the key in hexadecimal digits. */
function parseDovecotPbkdf2(text: string): PasswordHash {
  const [, salt, count, key = ""] = /^\$1\$([^$]+)\$(\d+)\$([0-9a-f]{40})$/i.exec(text) ?? [];
  if (salt === undefined) throw new SyntaxError("its PBKDF2 is not $1$salt$rounds$key");
  const iterations = atLeast(1, count);
  return {
    type: "pbkdf2",
    digest: "sha1",
    iterations,
    salt: encoder.encode(salt),
    key: fromHex(key),
  };
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

function atLeast(minimum: number, digits: string | undefined): number {
  const number = Number(digits);
  if (Number.isSafeInteger(number) && number >= minimum) return number;
  throw new SyntaxError("its cost is not a usable number");
}

/** No salt and no key is longer. */
const MOST_OCTETS = 512;

function fromBase64(text: string): Octets {
  try {
    const octets = Uint8Array.fromBase64(text);
    if (octets.length > 0 && octets.length <= MOST_OCTETS) return octets;
  } catch {
    // Reported below.
  }
  throw new SyntaxError("a part of its password should be base64 and is not");
}

function fromHex(text: string): Octets {
  try {
    return Uint8Array.fromHex(text);
  } catch {
    throw new SyntaxError("a part of its password should be hexadecimal and is not");
  }
}
