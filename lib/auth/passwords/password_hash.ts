/** The kinds of stored passwords. Each kind is checked in its own way. */
import type { ScramVerifier } from "../../provider/mailbox_provider.ts";

/** A stored password. */
export type PasswordHash =
  /** The password itself. */
  | { readonly type: "plain"; readonly password: string }
  /** A digest of the password and a salt, which is quick to check. */
  | {
    readonly type: "salted-digest";
    readonly algorithm: "SHA-256" | "SHA-512";
    readonly digest: Octets;
    readonly salt: Octets;
  }
  | SlowHash
  /** Nobody can log in with it. */
  | { readonly type: "locked" };

/** A hash that takes time on purpose. */
export type SlowHash =
  /** The libraries take these texts as they are. */
  | { readonly type: "bcrypt" | "argon2" | "sha-crypt"; readonly text: string }
  | { readonly type: "scram-sha-256"; readonly verifier: ScramVerifier }
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

/** Octets that Web Crypto takes. */
export type Octets = Uint8Array<ArrayBuffer>;
