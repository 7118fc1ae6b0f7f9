/**
 * The states of a session (RFC 1939 section 3), each with exactly the data that it owns. A maildrop exists only in
 * TRANSACTION, a user name without its password only in AUTHORIZATION.
 */
import type { Reply } from "../protocol/reply.ts";
import type { Exchange } from "../auth/sasl/mechanism.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MessageList } from "../provider/message_list.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Text } from "./languages/text.ts";
import type { LoginAttempt } from "./login_guard.ts";
import type { Maildrop } from "./maildrop.ts";

/** Before the login (RFC 1939 section 4). */
export interface Authorization {
  readonly phase: "AUTHORIZATION";
  /** The name that USER gave, until PASS. */
  readonly username: string | null;
}

/** An attempt to log in, with the provider that it may ask. */
export interface OpenAttempt {
  /** How the client logs in: `PASS`, `XLOG`, `APOP`, or a SASL mechanism. */
  readonly mechanism: string;
  readonly attempt: LoginAttempt;
  readonly provider: MailboxProvider;
}

/** In the middle of AUTH (RFC 5034 section 4): the next line is a response, not a command. */
export interface Authenticating {
  readonly phase: "AUTHENTICATING";
  readonly attempt: OpenAttempt;
  readonly exchange: Exchange;
}

/** Logged in (RFC 1939 section 5). */
export interface Transaction {
  readonly phase: "TRANSACTION";
  readonly maildrop: Maildrop;
}

/** Logged in, with the mailbox released (billpg's SLEE): only NOOP, WAKE and QUIT are allowed. */
export interface Asleep {
  readonly phase: "ASLEEP";
  readonly mailbox: Mailbox;
  /** The messages that the session was shown last. */
  readonly list: MessageList;
}

/** Over. UPDATE (RFC 1939 section 6) is done before this state begins. */
export interface Ended {
  readonly phase: "ENDED";
}

/** The state of a session. */
export type State = Authorization | Authenticating | Transaction | Asleep | Ended;

/** A state in which a line is a command. */
export type CommandState = Exclude<State, Authenticating>;

/** A reply that also changes the state. */
export interface Transition {
  readonly type: "transition";
  readonly reply: Reply<Text>;
  readonly state: State;
}

/** The state at the start, and after a failed login. */
export const loggedOut: Authorization = {
  phase: "AUTHORIZATION",
  username: null,
};

/** Sends this reply and enters this state. */
export function transition(state: State, reply: Reply<Text>): Transition {
  return { type: "transition", reply, state };
}
