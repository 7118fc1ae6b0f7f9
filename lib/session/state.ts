/**
 * The states of a session (RFC 1939 section 3), each with exactly the data that it owns: a maildrop exists
 * only in TRANSACTION, a user name without its password only in AUTHORIZATION.
 */
import type { Reply } from "../protocol/reply.ts";
import type { Maildrop } from "./maildrop.ts";

/** Before the login (RFC 1939 section 4). */
export interface Authorization {
  readonly phase: "AUTHORIZATION";
  /** What USER said, until PASS. */
  readonly userName: string | null;
}

/** Logged in (RFC 1939 section 5). */
export interface Transaction {
  readonly phase: "TRANSACTION";
  readonly maildrop: Maildrop;
}

/** Over; what UPDATE does (RFC 1939 section 6) is done before it is entered. */
export interface Ended {
  readonly phase: "ENDED";
}

/** Where a session is. */
export type State = Authorization | Transaction | Ended;

/** A reply that also changes the state. */
export interface Transition {
  readonly type: "transition";
  readonly reply: Reply;
  readonly state: State;
}

/** At the start, and after a failed login. */
export const loggedOut: Authorization = {
  phase: "AUTHORIZATION",
  userName: null,
};

/** Gives this reply and enters this state. */
export function enter(state: State, reply: Reply): Transition {
  return { type: "transition", reply, state };
}
