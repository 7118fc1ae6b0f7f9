/**
 * Parses a stored password in the notations of Dovecot's passwd-file and Apache's htpasswd.
 *
 * - It is `{SCHEME}text`, or only the text where that shows its scheme: `$2y$…`, `$6$…`, `$argon2id$…`. A scheme may end
 *   in `.b64` or `.hex`, which says how its text is written.
 * - We parse it when the file is read, so that a bad hash, or one that costs too much (hash_costs.ts), is found then
 *   and not at a login.
 * - An error message names the scheme, and repeats no other part of it.
 */
import { affordable } from "./hash_costs.ts";
import { atLeast, fromBase64, fromHex } from "./hash_parts.ts";
import { parseCrypt } from "./parse_crypt.ts";
import { type Encoding, parseDigest } from "./parse_digest.ts";
import type { PasswordHash } from "./password_hash.ts";

const encoder = new TextEncoder();

/** Schemes of Dovecot that cannot work here, each with the reason. */
const UNSERVED = new Map([
  ["CRAM-MD5", "it serves logins by CRAM-MD5, which the server does not offer"],
  ["HMAC-MD5", "it serves logins by CRAM-MD5, which the server does not offer"],
  ["OTP", "it changes with each login, and the server never writes the users file"],
  ["SKEY", "it changes with each login, and the server never writes the users file"],
  ["PLAIN-TRUNC", "it would accept a password of which only the beginning is right"],
  ["LANMAN", "it serves logins of old Windows programs, which the server does not offer"],
  ["NTLM", "it serves logins of old Windows programs, which the server does not offer"],
  ["RPA", "it serves logins of old Windows programs, which the server does not offer"],
]);

/**
 * @param username the name in the line, which DIGEST-MD5 needs
 * @throws {SyntaxError} that says what is wrong, and repeats nothing of the hash but its scheme
 */
export function parsePasswordHash(stored: string, username = ""): PasswordHash {
  return affordable(parse(stored, username));
}

function parse(stored: string, username: string): PasswordHash {
  if (stored === "" || /^[!*]/.test(stored)) return { type: "locked" };
  const [, given, suffix, text = ""] =
    /^\{([A-Za-z0-9-]{1,32})(?:\.([A-Za-z0-9]{1,32}))?\}(.*)$/s.exec(stored) ?? [];
  if (given === undefined) {
    const hash = parseCrypt(stored);
    if (hash !== null) return hash;
    throw new SyntaxError(
      "its password has no scheme that the server knows; a plain one is written {PLAIN}password",
    );
  }
  const scheme = given.toUpperCase();
  const isPlain = ["PLAIN", "CLEAR", "CLEARTEXT"].includes(scheme);
  // A plain password may begin with these characters.
  if (text === "*" || !isPlain && /^[!*]/.test(text)) return { type: "locked" };
  const encoding = encodingOf(scheme, suffix);
  const digest = parseDigest(scheme, text, encoding, username);
  return digest ?? parseText(scheme, decodedText(text, encoding), username);
}

function parseText(scheme: string, text: string, username: string): PasswordHash {
  switch (scheme) {
    case "PLAIN":
    case "CLEAR":
    case "CLEARTEXT":
      if (text === "") throw new SyntaxError("its plain password is empty");
      return { type: "plain", password: text };
    case "SCRAM-SHA-1": {
      const { iterations, salt, storedKey } = parseScram(scheme, 20, text);
      return { type: "scram-sha-1", iterations, salt, storedKey };
    }
    case "SCRAM-SHA-256":
      return { type: "scram-sha-256", verifier: parseScram(scheme, 32, text) };
    case "PBKDF2":
      if (text.startsWith("$1$")) return parseDovecotPbkdf2(text);
      break;
    case "MD5":
    case "MD5-CRYPT": {
      // As Dovecot has it: without $1$, it is the digest alone.
      const isDigest = /^[0-9A-Fa-f]{32}$|^[A-Za-z0-9+/]{22}==$/.test(text);
      const digest = isDigest ? parseDigest("PLAIN-MD5", text, null, username) : null;
      if (digest !== null) return digest;
      break;
    }
    case "CRYPT":
    case "DES-CRYPT":
    case "BLF-CRYPT":
    case "SHA256-CRYPT":
    case "SHA512-CRYPT":
    case "ARGON2I":
    case "ARGON2ID":
    case "SCRYPT":
      break;
    default: {
      const reason = UNSERVED.get(scheme);
      throw new SyntaxError(
        reason === undefined
          ? `its scheme ${scheme} is not known`
          : `its scheme ${scheme} cannot be used: ${reason}`,
      );
    }
  }
  const hash = parseCrypt(text);
  if (hash !== null) return hash;
  throw new SyntaxError(`its password is not written as its scheme ${scheme} asks`);
}

/** @param suffix what follows the dot: Dovecot knows `.b64`, `.base64` and `.hex` */
function encodingOf(scheme: string, suffix: string | undefined): Encoding {
  switch (suffix?.toLowerCase()) {
    case undefined:
      return null;
    case "b64":
    case "base64":
      return "base64";
    case "hex":
      return "hex";
    default:
      throw new SyntaxError(`its scheme ${scheme} has an ending that is neither .b64 nor .hex`);
  }
}

function decodedText(text: string, encoding: Encoding): string {
  if (encoding === null) return text;
  const octets = encoding === "hex" ? fromHex(text) : fromBase64(text);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new SyntaxError("its password is not UTF-8");
  }
}

/** `iterations,salt,StoredKey,ServerKey`, as Dovecot writes it. */
function parseScram(scheme: string, octets: number, text: string) {
  const [, count, salt = "", stored = "", server = ""] =
    /^(\d+),([^,]+),([^,]+),([^,]+)$/.exec(text) ?? [];
  const [storedKey, serverKey] = [fromBase64(stored), fromBase64(server)];
  if (storedKey.length !== octets || serverKey.length !== octets) {
    throw new SyntaxError(`its ${scheme} is not iterations,salt,StoredKey,ServerKey`);
  }
  return { iterations: atLeast(1, count), salt: fromBase64(salt), storedKey, serverKey };
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
