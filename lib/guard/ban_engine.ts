/** What counts failed logins and says which addresses may not log in. */
import type { Awaitable } from "../protocol/reply.ts";

/** Decides which addresses may not log in for now. */
export interface BanEngine {
  /** Whether every login from this address is refused. Asking has no effect. */
  isBanned(address: string): Awaitable<boolean>;
  /**
   * Counts a failed login from this address, which may begin or prolong a ban.
   *
   * @param attempt identifies what was tried without revealing it; null where a repetition cannot be recognized
   */
  registerFailedAttempt(address: string, attempt: string | null): Awaitable<void>;
  /**
   * Optional: the ban of an address, and the strikes that it has left. Asking has no effect. Without this method, each
   * peer may make one attempt at a time, and no event says how long a ban lasts.
   */
  standingOf?(address: string): Awaitable<BanStanding>;
}

/** The ban of an address, and the strikes that it has left, as a {@linkcode BanEngine} counts them. */
export interface BanStanding {
  /** How long the ban lasts, unless it is prolonged; null while there is none. */
  readonly bannedSeconds: number | null;
  /** The networks that count this address, and the strikes that each has left; empty if it is never banned. */
  readonly strikesLeft: readonly { readonly network: string; readonly strikes: number }[];
}
