/** The kinds of stored passwords, by what it takes to check one. */
import type { ScramVerifier } from "../../provider/mailbox_provider.ts";

/** A stored password, by what it takes to check one against it. */
export type PasswordHash =
  /** The password itself. */
  | { readonly type: "plain"; readonly password: string }
  /** A digest of the password and a salt: as quick to check as to make. */
  | {
    readonly type: "salted-digest";
    readonly algorithm: "SHA-256" | "SHA-512";
    readonly digest: Octets;
    readonly salt: Octets;
  }
  | SlowHash
  /** Nobody can log in with it. */
  | { readonly type: "locked" };

/** A hash that is made to take time. */
export type SlowHash =
  /** bcrypt, Argon2, SHA-crypt: the libraries take the text as it is. */
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
