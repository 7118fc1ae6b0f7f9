/**
 * MD5-crypt, as Poul-Henning Kamp made it: `$1$salt$digest` of crypt(3), and `$apr1$salt$digest` of Apache. The two
 * differ only in their first characters.
 */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

const ROUNDS = 1_000;
const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Which octets of the digest each group of characters shows. */
const GROUPS: readonly (readonly number[])[] = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
  [11],
];

const PATTERN = /^(\$(?:1|apr1)\$)([^$:]{0,8})\$[./A-Za-z0-9]{22}$/;

export function isMd5Crypt(text: string): boolean {
  return PATTERN.test(text);
}

/** Whether the hash was made from this password. */
export function isMd5CryptOf(text: string, password: string): boolean {
  const [, magic = "", salt = ""] = PATTERN.exec(text) ?? [];
  const made = `${magic}${salt}$${shown(digestOf(Buffer.from(password), magic, salt))}`;
  return made.length === text.length && timingSafeEqual(Buffer.from(made), Buffer.from(text));
}

function digestOf(password: Buffer, magic: string, salt: string): Buffer {
  const other = md5(password, salt, password);
  const parts: (Buffer | string)[] = [password, magic, salt];
  for (let left = password.length; left > 0; left -= 16) parts.push(other.subarray(0, left));
  for (let bits = password.length; bits > 0; bits >>= 1) {
    parts.push((bits & 1) === 1 ? "\0" : password.subarray(0, 1));
  }
  let digest = md5(...parts);
  for (let round = 0; round < ROUNDS; round++) {
    const isOdd = round % 2 === 1;
    digest = md5(
      isOdd ? password : digest,
      round % 3 === 0 ? "" : salt,
      round % 7 === 0 ? "" : password,
      isOdd ? digest : password,
    );
  }
  return digest;
}

function md5(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The digest in the base64 of crypt(3): the lowest bits come first. */
function shown(digest: Buffer): string {
  return GROUPS.map((group) => {
    let bits = group.reduce((sum, index) => sum << 8 | (digest[index] ?? 0), 0);
    let text = "";
    for (let count = group.length === 1 ? 2 : 4; count > 0; count--, bits >>= 6) {
      text += ALPHABET[bits & 63];
    }
    return text;
  }).join("");
}
