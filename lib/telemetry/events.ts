/** What happens on a listener, as one union of events. No event holds a password. */
import type { LimitReached } from "../guard/connection_limits.ts";
import type { ConnectionInfo } from "../mailbox/connection_info.ts";

/** A client is there; its greeting is about to be sent. */
export interface ConnectEvent {
  /** Which event this is. */
  readonly type: "connect";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client was turned away before a greeting. */
export interface RefuseEvent {
  /** Which event this is. */
  readonly type: "refuse";
  /** The address of the client; empty where it was gone before it could be asked for. */
  readonly clientAddress: string;
  /**
   * Which limit was reached; `proxy-header`: a trusted proxy did not say who its client is; `gone`: the peer had left
   * before it was served, as health checks do.
   */
  readonly reason: LimitReached | "proxy-header" | "gone";
  /** What was wrong with the header of the proxy. */
  readonly error?: unknown;
}

/** A command was received; it has not been carried out yet. */
export interface CommandEvent {
  /** Which event this is. */
  readonly type: "command";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The verb in capitals; null for a line that is no command of ours, of which nothing is told. */
  readonly verb: string | null;
  /** The argument, cut at 256 characters; null where there should be none, or a secret. */
  readonly argument: string | null;
}

/** A command was answered; where more are waiting, its reply leaves together with theirs. */
export interface ReplyEvent {
  /** Which event this is. */
  readonly type: "reply";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The verb in capitals; null for a line that is no command of ours. */
  readonly verb: string | null;
  /** Was it `+OK`, or a challenge of AUTH? */
  readonly isOk: boolean;
  /** The response code of an `-ERR`, such as `SYS/TEMP`; null for none. */
  readonly code: string | null;
  /** Milliseconds since the command was received. */
  readonly duration: number;
}

/** A certificate is used from here on, at the start or because it was renewed. */
export interface CertificateEvent {
  /** Which event this is. */
  readonly type: "certificate";
  /** Whose it is: `CN=mail.example`. */
  readonly subject: string;
  /** Until when it is good. */
  readonly validTo: Date;
}

/** The line is encrypted from here on; how is in `connection.tls`. */
export interface SecureEvent {
  /** Which event this is. */
  readonly type: "secure";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client has logged in and its maildrop is open. */
export interface LoginEvent {
  /** Which event this is. */
  readonly type: "login";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** What the client used: `PASS`, `APOP`, `XLOG`, or a SASL mechanism. */
  readonly mechanism: string;
  /** How many messages the maildrop holds. */
  readonly messages: number;
}

/** A login was refused. */
export interface LoginFailedEvent {
  /** Which event this is. */
  readonly type: "login-failed";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The user name that was tried, cut at 256 characters. */
  readonly userName: string;
  /** What the client used: `PASS`, `APOP`, `XLOG`, or a SASL mechanism. */
  readonly mechanism: string;
  /** Why: the provider said no, or was not asked because the address is banned. The client hears the same. */
  readonly reason: "wrong" | "banned";
  /** How long the address is banned, unless the ban is prolonged; left out where it is not. */
  readonly bannedSeconds?: number;
}

/** A client has logged out and keeps the connection. */
export interface LogoutEvent {
  /** Which event this is. */
  readonly type: "logout";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client sleeps: its mailbox is given back, its connection stays. */
export interface SleepEvent {
  /** Which event this is. */
  readonly type: "sleep";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client is awake again, with a new list of messages. */
export interface WakeEvent {
  /** Which event this is. */
  readonly type: "wake";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** How many messages the maildrop holds. */
  readonly messages: number;
  /** Is there a message among them that the old list did not have? */
  readonly hasNew: boolean;
}

/** Messages were deleted, for good. */
export interface DeleteEvent {
  /** Which event this is. */
  readonly type: "delete";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The unique ids of the messages. */
  readonly uniqueIds: readonly string[];
}

/** Something failed. The client is told as little as possible; all that is known is here. */
export interface ErrorEvent {
  /** Which event this is. */
  readonly type: "error";
  /** The connection it is about; null for the listener itself. */
  readonly connection: ConnectionInfo | null;
  /** What was being done: a verb, or `accept`, `tls`, `certificate`, `release`, `sending a message`. */
  readonly during: string;
  /** What was thrown. */
  readonly error: unknown;
}

/** A rule that a provider or a mailbox must keep. */
export type ProviderRule =
  /** A unique id is 1 to 70 characters from 0x21 to 0x7E, and not `_` (RFC 1939 section 7). */
  | "unique-id-form"
  /** No two messages have the same unique id (RFC 1939 section 7). */
  | "unique-id-twice"
  /** `messageSize` is what the contents are, with CRLF line ends (RFC 1939 section 11). */
  | "message-size"
  /** What is asked of a provider is answered; a promise is settled within half a minute, and within `stopGrace`. */
  | "unsettled-promise"
  /** So is the promise of `close` of a message's contents. */
  | "unclosed-contents";

/** A provider or a mailbox has broken a rule: its author wants to know. */
export interface WarningEvent {
  /** Which event this is. */
  readonly type: "warning";
  /** The connection it is about; null for the provider itself, when it is disposed of. */
  readonly connection: ConnectionInfo | null;
  /** Which rule was broken. */
  readonly rule: ProviderRule;
  /** What broke it: a unique id, two sizes, the operation that is waited for (`authenticate`, `messageContents`). */
  readonly value: string;
  /** The message: its unique id, or its number where that is what is wrong; null where it is about none. */
  readonly message: string | null;
}

/** The listener misbehaves on purpose. */
export interface FaultsEvent {
  /** Which event this is. */
  readonly type: "faults";
  /** How many rules it misbehaves by. */
  readonly rules: number;
  /** The seed that repeats it. */
  readonly seed: number;
}

/** A provider says that a message has come. */
export interface NewMessageEvent {
  /** Which event this is. */
  readonly type: "new-message";
  /** Whose message it is. */
  readonly userName: string;
  /** The message. */
  readonly uniqueId: string;
}

/** Why a connection ended. */
export type CloseReason =
  /** The client said QUIT. */
  | "quit"
  /** The client went away. */
  | "disconnect"
  /** It went away without a word, as health checks do. */
  | "gone"
  /** The client did not log in in time. */
  | "login-timeout"
  /** The client was silent, or read nothing or next to nothing, for too long. */
  | "idle-timeout"
  /** The TLS handshake failed. */
  | "tls-failed"
  /** The server closed it behind an error reply, or in the middle of a message that could not be read. */
  | "error"
  /** Its first line, or header lines, were HTTP's: a browser, a scanner. */
  | "spoke-http"
  /** Its first line was SSH's. */
  | "spoke-ssh"
  /** It began with a TLS handshake where TLS does not come first. */
  | "spoke-tls"
  /** All places were taken, and of those who had not logged in it was the oldest. */
  | "max-connections"
  /** The listener was stopped. */
  | "stop";

/** A connection is over. */
export interface CloseEvent {
  /** Which event this is. */
  readonly type: "close";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** Why it ended. */
  readonly reason: CloseReason;
  /** Milliseconds since it was accepted. */
  readonly duration: number;
  /** Messages sent whole or in part, by RETR and TOP. */
  readonly messagesSent: number;
  /** Octets sent. */
  readonly octetsSent: number;
}

/** Whatever happens on a listener. */
export type Pop3Event =
  | ConnectEvent
  | RefuseEvent
  | CertificateEvent
  | SecureEvent
  | CommandEvent
  | ReplyEvent
  | LoginEvent
  | LoginFailedEvent
  | LogoutEvent
  | SleepEvent
  | WakeEvent
  | DeleteEvent
  | ErrorEvent
  | WarningEvent
  | FaultsEvent
  | NewMessageEvent
  | CloseEvent;

/**
 * Is told of every event, at once. What it throws or rejects disturbs no session; it is told on standard error. An event
 * that it causes is told when it has returned.
 */
export type Pop3Events = (event: Pop3Event) => void;
