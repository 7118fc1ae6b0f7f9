/**
 * Checks and makes hashes that take time on purpose, with libraries that others maintain. Only the worker and
 * `pop3svc hash` load this file.
 *
 * The hashes that may take over ten seconds are computed in JavaScript or WebAssembly, which stops with the worker. A
 * call of `node:crypto` would go on after the worker's end: its PBKDF2 is limited to a few seconds (hash_costs.ts), and
 * its scrypt, which could take a minute, is not used.
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { argon2id, argon2Verify, bcrypt, bcryptVerify, scrypt } from "hash-wasm";
import { encrypt as shaCrypt, verify as shaCryptVerify } from "unixcrypt";
import type { MadeScheme } from "./made_schemes.ts";
import { isMd5CryptOf } from "./md5_crypt.ts";
import type { SlowHash } from "./password_hash.ts";

const encoder = new TextEncoder();

/** Whether it is the password. */
export async function verifySlowHash(hash: SlowHash, password: string): Promise<boolean> {
  switch (hash.type) {
    case "bcrypt":
      return await bcryptVerify({ hash: hash.text, password: bcryptPassword(password) });
    case "argon2":
      return await argon2Verify({ hash: hash.text, password });
    case "sha-crypt":
      return shaCryptVerify(password, hash.text);
    case "md5-crypt":
      return isMd5CryptOf(hash.text, password);
    case "des-crypt":
      return await isDesCryptOf(hash.text, password);
    case "scrypt": {
      const { cost, salt, key } = hash;
      return timingSafeEqual(await scryptOf(password, salt, key.length, cost), key);
    }
    case "pbkdf2": {
      const { digest, iterations, salt, key } = hash;
      return timingSafeEqual(pbkdf2Sync(password, salt, iterations, key.length, digest), key);
    }
    case "scram-sha-1":
      return isScramOf("sha1", hash, password);
    case "scram-sha-256":
      return isScramOf("sha256", hash.verifier, password);
  }
}

/** A new hash with a random salt, in the notation of a users file. */
export async function hashPassword(password: string, scheme: MadeScheme): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  switch (scheme) {
    case "argon2id": {
      // OWASP's minimum for Argon2id: 19 MiB, two passes. About 40 ms here.
      const cost = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 };
      return `{ARGON2ID}${await argon2id({ password, salt, ...cost, outputType: "encoded" })}`;
    }
    case "bcrypt": {
      const hash = await bcrypt({
        password: bcryptPassword(password),
        salt,
        costFactor: 10,
        outputType: "encoded",
      });
      return `{BLF-CRYPT}${hash.replace(/^\$2a\$/, "$2y$")}`;
    }
    case "scrypt": {
      const key = await scryptOf(password, salt, 32, { N: 2 ** 15, r: 8, p: 3 });
      const base64 = (octets: Uint8Array) => octets.toBase64({ omitPadding: true });
      return `{SCRYPT}$scrypt$ln=15,r=8,p=3$${base64(salt)}$${base64(key)}`;
    }
    case "sha512-crypt":
      return `{SHA512-CRYPT}${shaCrypt(password, `$6$rounds=100000$${salt.toHex().slice(0, 16)}`)}`;
  }
}

function scryptOf(
  password: string,
  salt: Uint8Array,
  hashLength: number,
  { N, r, p }: { readonly N: number; readonly r: number; readonly p: number },
): Promise<Uint8Array> {
  const cost = { costFactor: N, blockSize: r, parallelism: p, hashLength };
  return scrypt({ password, salt, ...cost, outputType: "binary" });
}

/** RFC 5802 section 3. */
function isScramOf(
  digest: "sha1" | "sha256",
  { salt, iterations, storedKey }: {
    readonly salt: Uint8Array;
    readonly iterations: number;
    readonly storedKey: Uint8Array;
  },
  password: string,
): boolean {
  const saltedPassword = pbkdf2Sync(password, salt, iterations, storedKey.length, digest);
  const clientKey = createHmac(digest, saltedPassword).update("Client Key").digest();
  return timingSafeEqual(createHash(digest).update(clientKey).digest(), storedKey);
}

/** The library has no types. Given octets, it hashes the first eight, as crypt(3) does. */
type DesCrypt = (password: readonly number[], salt: string) => string;

async function isDesCryptOf(text: string, password: string): Promise<boolean> {
  const { default: desCrypt }: { readonly default: DesCrypt } = await import("unix-crypt-td-js");
  const made = desCrypt([...encoder.encode(password)], text.slice(0, 2));
  return timingSafeEqual(encoder.encode(made), encoder.encode(text));
}

/** The first 72 octets: bcrypt uses no more, and every implementation ignores the rest. */
function bcryptPassword(password: string): Uint8Array {
  return encoder.encode(password).slice(0, 72);
}
