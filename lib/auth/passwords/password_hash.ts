/** The kinds of stored passwords. Each kind is checked in its own way. */
import type { ScramVerifier } from "../../provider/mailbox_provider.ts";

/** A stored password. */
export type PasswordHash =
  /** The password itself. */
  | { readonly type: "plain"; readonly password: string }
  | QuickDigest
  | SlowHash
  /** Nobody can log in with it. */
  | { readonly type: "locked" };

/** One digest of the password, which is quick to check, and quick to guess. */
export interface QuickDigest {
  readonly type: "digest";
  /** As Dovecot names it, in upper case: `SSHA256`. */
  readonly scheme: string;
  /** As `node:crypto` names it. */
  readonly algorithm: "md4" | "md5" | "sha1" | "sha256" | "sha512";
  readonly digest: Octets;
  /** What is digested before the password, and after it. */
  readonly before: Octets;
  readonly after: Octets;
}

/** A hash that takes time on purpose, or did so when computers were slower. */
export type SlowHash =
  /** The libraries take these texts as they are. */
  | {
    readonly type: "bcrypt" | "argon2" | "sha-crypt" | "md5-crypt" | "des-crypt";
    readonly text: string;
  }
  | { readonly type: "scram-sha-256"; readonly verifier: ScramVerifier }
  | {
    readonly type: "scram-sha-1";
    readonly iterations: number;
    readonly salt: Octets;
    readonly storedKey: Octets;
  }
  | {
    readonly type: "scrypt";
    readonly cost: { readonly N: number; readonly r: number; readonly p: number };
    readonly salt: Octets;
    readonly key: Octets;
  }
  | {
    readonly type: "pbkdf2";
    readonly digest: "sha1" | "sha256" | "sha512";
    readonly iterations: number;
    readonly salt: Octets;
    readonly key: Octets;
  };

/** The scheme of a hash that is easily guessed once the file is stolen; null for any other. */
export function weakSchemeOf(hash: PasswordHash): string | null {
  switch (hash.type) {
    case "digest":
      return hash.scheme;
    case "md5-crypt":
    case "des-crypt":
      return hash.type.toUpperCase();
    default:
      return null;
  }
}

/** Octets that Web Crypto takes. */
export type Octets = Uint8Array<ArrayBuffer>;
