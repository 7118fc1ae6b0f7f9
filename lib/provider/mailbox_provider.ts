/** What a provider of mail implements. */
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "./connection_info.ts";
import type { Mailbox } from "./mailbox.ts";

/**
 * Decides who may log in, and to which mailbox.
 *
 * @example
 * ```ts
 * import { MemoryMailbox, type MailboxProvider, Pop3Listener } from "@pop3svc/pop3svc";
 *
 * const provider: MailboxProvider = {
 *   name: "one user",
 *   authenticate: (_info, username, password) =>
 *     username === "me" && password === "passw0rd" ? new MemoryMailbox() : null,
 * };
 * await using pop3 = new Pop3Listener({ provider });
 * await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
 * ```
 */
export interface MailboxProvider {
  /** The name of the provider, for people who look at it. */
  readonly name?: string;
  /** The mailbox of this user, or null to refuse. */
  authenticate(
    info: ConnectionInfo,
    username: string,
    password: string,
  ): Awaitable<Mailbox | null>;
  /**
   * Add-on for the mechanisms OAUTHBEARER (RFC 7628) and XOAUTH2: the mailbox of a user who shows this bearer token,
   * or null to refuse. The name is null where the client leaves it to the token.
   */
  authenticateToken?(
    info: ConnectionInfo,
    username: string | null,
    token: string,
  ): Awaitable<Mailbox | null>;
  /**
   * Add-on: what the spellings of one user's name have in common, whether or not there is such a user. Bans, LOGIN-DELAY
   * and whoever may try during a ban go by it; without it, each spelling counts as a user of its own.
   */
  canonicalUsername?(username: string): Awaitable<string>;
  /**
   * Add-on: the mailbox of a user who wakes up (billpg's WAKE), or null where the login is no longer good. Without it
   * the mailbox of the login is used again.
   */
  reopenMailbox?(info: ConnectionInfo, username: string): Awaitable<Mailbox | null>;
  /** Add-on for APOP and SCRAM-SHA-256, which prove that the client knows a secret without sending it. */
  readonly secrets?: UserSecrets | null;
  /** Called when the listener stops, if it is there. */
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

/** The secrets of users, for mechanisms in which the client proves that it knows one. */
export interface UserSecrets {
  /**
   * What all users can log in with: APOP (RFC 1939 section 7) and SCRAM-SHA-256 (RFC 7677) where each has a plain
   * secret, `scram` where some have only a verifier. It is offered to everybody, so it must work for everybody.
   */
  readonly offers: "apop-and-scram" | "scram";
  /** The secret of this user; null for nobody that is known, who is then led on and refused at the end. */
  secretOf(info: ConnectionInfo, username: string): Awaitable<UserSecret | null>;
  /**
   * Add-on: the salt and iterations that SCRAM names to those who have no verifier: whoever is not known, and whoever
   * has a plain secret. They must look like those of a verifier, and be the same for a name each time, also after a
   * restart: else they tell who is known. Without it they are of a key that is made at each start.
   */
  challengeFor?(username: string): Awaitable<ScramChallenge>;
  /** The mailbox of a user who has proved it, or null to refuse. */
  openMailbox(info: ConnectionInfo, username: string): Awaitable<Mailbox | null>;
}

/** What a server keeps of a user's password where a hash is not enough. */
export type UserSecret =
  | { readonly type: "plain"; readonly password: string }
  | { readonly type: "scram-sha-256"; readonly verifier: ScramVerifier };

/** What SCRAM tells a client before it proves anything. */
export interface ScramChallenge {
  /** Random octets of this user's. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** How often the password was hashed; RFC 7677 asks for at least 4096. */
  readonly iterations: number;
}

/** What SCRAM needs of a password (RFC 5802 section 3): enough to check it, not enough to log in with it. */
export interface ScramVerifier extends ScramChallenge {
  /** 32 octets. */
  readonly storedKey: Uint8Array<ArrayBuffer>;
  /** 32 octets. */
  readonly serverKey: Uint8Array<ArrayBuffer>;
}
