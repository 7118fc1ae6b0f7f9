/** The interface that a provider of mailboxes implements. */
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
  /** Optional: a name for people who look at the provider. */
  readonly name?: string;
  /** The mailbox of this user, or null to refuse the login. */
  authenticate(
    info: ConnectionInfo,
    username: string,
    password: string,
  ): Awaitable<Mailbox | null>;
  /**
   * Optional, for the mechanisms OAUTHBEARER (RFC 7628) and XOAUTH2: the mailbox of the user whose client sends this
   * bearer token, or null to refuse. The name is null where the client leaves it to the token.
   */
  authenticateToken?(
    info: ConnectionInfo,
    username: string | null,
    token: string,
  ): Awaitable<Mailbox | null>;
  /**
   * Optional, for the log of the administrator only: why the last login of this user on this connection was refused;
   * null where the provider does not know. The client gets the same reply, after the same time, whatever it says.
   */
  refusalCause?(info: ConnectionInfo, username: string): RefusalCause | null;
  /**
   * Optional: one name for all spellings of a user's name, whether or not there is such a user. Bans, LOGIN-DELAY and
   * the users who may try during a ban are counted by it; without it, each spelling counts as a user of its own.
   */
  canonicalUsername?(username: string): Awaitable<string>;
  /**
   * Optional: the mailbox of a user whose session wakes up (billpg's WAKE), or null where the login is no longer
   * valid. Without it, the mailbox of the login is used again.
   */
  reopenMailbox?(info: ConnectionInfo, username: string): Awaitable<Mailbox | null>;
  /** Optional, for APOP and SCRAM-SHA-256, by which a client proves that it knows a secret without sending it. */
  readonly secrets?: UserSecrets | null;
  /** Optional: for whoever made the provider; no listener calls it. */
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

/**
 * Why a provider refuses a login: there is no such user, the user is locked, the user may not log in from this network,
 * the user's line cannot be used, or the password is wrong.
 */
export type RefusalCause = "no-such-user" | "locked" | "network" | "bad-line" | "password";

/** The secrets of users, for mechanisms in which the client proves that it knows one without sending it. */
export interface UserSecrets {
  /**
   * The mechanisms that work for all users, since they are offered to everybody: APOP (RFC 1939 section 7) and
   * SCRAM-SHA-256 (RFC 7677) where each user has a plain secret, `scram` where some have only a verifier.
   */
  readonly offers: "apop-and-scram" | "scram";
  /** The secret of this user; null for an unknown one, who is refused only at the end of the exchange. */
  secretOf(info: ConnectionInfo, username: string): Awaitable<UserSecret | null>;
  /**
   * Optional: the salt and iterations that SCRAM sends for users without a verifier: unknown ones, and those with a
   * plain secret. They must look like those of a verifier, and be the same for a name each time, also after a
   * restart: else they tell who is known. Without it, they come from a key that is made at each start.
   */
  challengeFor?(username: string): Awaitable<ScramChallenge>;
  /** The mailbox of a user whose proof is right, or null to refuse. */
  openMailbox(info: ConnectionInfo, username: string): Awaitable<Mailbox | null>;
}

/** What a server stores of a user's password where a hash is not enough. */
export type UserSecret =
  | { readonly type: "plain"; readonly password: string }
  | { readonly type: "scram-sha-256"; readonly verifier: ScramVerifier };

/** What SCRAM sends to a client before it proves anything. */
export interface ScramChallenge {
  /** Random octets, the user's own. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** How often the password was hashed; RFC 7677 asks for at least 4096. */
  readonly iterations: number;
}

/** What SCRAM stores of a password (RFC 5802 section 3): enough to check it, not enough to log in with it. */
export interface ScramVerifier extends ScramChallenge {
  /** 32 octets. */
  readonly storedKey: Uint8Array<ArrayBuffer>;
  /** 32 octets. */
  readonly serverKey: Uint8Array<ArrayBuffer>;
}
