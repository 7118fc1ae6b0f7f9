/** The interface of the guard, which decides at each login whether and when the provider is asked. */
import type { Awaitable } from "../protocol/reply.ts";

/** Watches over all attempts to log in. */
export interface LoginGuard {
  /** @param address of the client, without a port; 127.0.0.1 for any address of this machine */
  begin(address: string): LoginAttempt;
}

/** The least time between two logins of one user. */
export interface LoginPace {
  /** The seconds that the user must still wait; 0 admits the user, and the time begins. */
  admit(username: string): number;
  /** The login that was admitted last has failed after all. */
  takeBack(username: string): void;
}

/** The credentials of a client. */
export type Credential =
  | { readonly type: "password" | "token"; readonly username: string; readonly secret: string }
  /** A proof that the client knows a secret, which differs each time. */
  | { readonly type: "proof"; readonly username: string };

/** Why a login was refused, for the log. */
export interface Refusal {
  /** `wrong`: the provider refused this attempt, or an equal one at the same time. `banned`: the address is banned. */
  readonly reason: "wrong" | "banned";
  /** How long the ban lasts if nothing renews it; absent where there is no ban. */
  readonly bannedSeconds?: number;
}

/** One attempt to log in. */
export interface LoginAttempt {
  /** Asks the provider once it is this attempt's turn; null where the provider or the guard refuses. */
  ask<T>(credential: Credential, question: () => Awaitable<T | null>): Promise<T | null>;
  /** Whether the proof that the client has sent may be checked. Waits for the attempt's turn again. */
  resume(): Promise<boolean>;
  /** Gives the turn to others: the client must speak first, or the attempt has ended without an outcome. */
  releaseTurn(): void;
  /** Ends the attempt. Null for a success, or when the session is abandoned. */
  end(username: string, isRight: boolean): Promise<Refusal | null>;
  /** Whether it has been refused by now. */
  readonly isRefused: boolean;
  /** The user whose proof is awaited and not yet decided on; null for none. */
  readonly provedUsername: string | null;
  /** Ends the attempt without an outcome: its connection is gone. */
  abandon(): void;
  /** Settles when a refusal may be sent. */
  refusalDue(): Promise<void>;
}
