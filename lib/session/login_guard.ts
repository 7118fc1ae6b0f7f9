/** What stands at the door of a session: a guard decides when the provider is asked, and whether it is. */
import type { Awaitable } from "../protocol/reply.ts";

/** Asked before each attempt to log in. */
export interface LoginGuard {
  /** @param address of the client, without a port */
  begin(address: string): LoginAttempt;
}

/** What a client shows to log in. */
export type Credential =
  | { readonly type: "password" | "token"; readonly username: string; readonly secret: string }
  /** The client proves that it knows a secret, in other words each time. */
  | { readonly type: "proof"; readonly username: string };

/** Why a login was refused, for the log. */
export interface Refusal {
  /** Whether the provider said no, to this attempt or to the same beside it, or the address is banned. */
  readonly reason: "wrong" | "banned";
  /** How long the address is banned, unless that is prolonged; left out where it is not. */
  readonly bannedSeconds?: number;
}

/** One attempt to log in. */
export interface LoginAttempt {
  /** Asks the provider when it is the turn of this attempt; null where the provider or the guard refuses. */
  ask<T>(credential: Credential, question: () => Awaitable<T | null>): Promise<T | null>;
  /** Whether a proof, which the client has sent by now, may be looked at. Waits for its turn again. */
  resume(): Promise<boolean>;
  /** Others may have the turn: the client's next line is awaited, or the attempt has ended without an outcome. */
  releaseTurn(): void;
  /** It has ended; null where that is a success, or nobody waits for the session any more. */
  end(username: string, isRight: boolean): Promise<Refusal | null>;
  /** Whether it has been refused already. */
  readonly isRefused: boolean;
  /** Who has been asked for a proof, while nothing is decided of it; else null. */
  readonly provedUsername: string | null;
  /** Nobody waits for the session any more. */
  abandon(): void;
  /** Done when the client may hear of a refusal. */
  refusalDue(): Promise<void>;
}
