/** The sums that are made to take time, by the libraries that others keep. Loaded by the worker only. */
import { pbkdf2Sync, scryptSync, timingSafeEqual } from "node:crypto";
import { argon2id, argon2Verify, bcrypt, bcryptVerify } from "hash-wasm";
import { encrypt as shaCrypt, verify as shaCryptVerify } from "unixcrypt";
import type { MadeScheme } from "./made_schemes.ts";
import type { SlowHash } from "./password_hash.ts";

/** Is it the password? */
export async function verifySlowHash(hash: SlowHash, password: string): Promise<boolean> {
  switch (hash.type) {
    case "bcrypt":
      return await bcryptVerify({ hash: hash.text, password: bcryptPassword(password) });
    case "argon2":
      return await argon2Verify({ hash: hash.text, password });
    case "sha-crypt":
      return shaCryptVerify(password, hash.text);
    case "scrypt": {
      const { cost, salt, key } = hash;
      const maxmem = 256 * cost.N * cost.r;
      return timingSafeEqual(scryptSync(password, salt, key.length, { ...cost, maxmem }), key);
    }
    case "pbkdf2": {
      const { digest, iterations, salt, key } = hash;
      return timingSafeEqual(pbkdf2Sync(password, salt, iterations, key.length, digest), key);
    }
  }
}

/** A hash as a users file has it, with a random salt. */
export async function hashPassword(password: string, scheme: MadeScheme): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  switch (scheme) {
    case "argon2id": {
      // OWASP's least for Argon2id: 19 MiB, twice. About 40 ms here.
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
      const [N, r, p] = [2 ** 15, 8, 3];
      const key = new Uint8Array(scryptSync(password, salt, 32, { N, r, p, maxmem: 256 * N * r }));
      const base64 = (octets: Uint8Array) => octets.toBase64({ omitPadding: true });
      return `{SCRYPT}$scrypt$ln=15,r=8,p=3$${base64(salt)}$${base64(key)}`;
    }
    case "sha512-crypt":
      return `{SHA512-CRYPT}${shaCrypt(password, `$6$rounds=100000$${salt.toHex().slice(0, 16)}`)}`;
  }
}

/** bcrypt knows 72 octets of a password; every implementation ignores the rest. */
function bcryptPassword(password: string): Uint8Array {
  return new TextEncoder().encode(password).slice(0, 72);
}
