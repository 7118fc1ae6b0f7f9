/** What a client does in a session. No event holds a password. */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { RefusalCause } from "../provider/mailbox_provider.ts";

/** A command was received; it has not been carried out yet. */
export interface CommandEvent {
  /** Which event this is. */
  readonly type: "command";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The verb in capitals; null for a line that is no command, of which no event shows anything. */
  readonly verb: string | null;
  /** The argument, cut at 256 characters; null where the verb takes none, or a secret. */
  readonly argument: string | null;
}

/** A command was answered. If more commands are waiting, their replies are sent together. */
export interface ReplyEvent {
  /** Which event this is. */
  readonly type: "reply";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The verb in capitals; null for a line that is no command. */
  readonly verb: string | null;
  /** Whether it was `+OK`, or a challenge of AUTH. */
  readonly isOk: boolean;
  /** The response code of an `-ERR`, such as `SYS/TEMP`; null for none. */
  readonly code: string | null;
  /** How long it took since the command was received. */
  readonly milliseconds: number;
}

/** A client has logged in and its maildrop is open. */
export interface LoginEvent {
  /** Which event this is. */
  readonly type: "login";
  /** When it happened. */
  readonly time: Date;
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
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The username that was tried, cut at 256 characters. */
  readonly username: string;
  /** What the client used: `PASS`, `APOP`, `XLOG`, or a SASL mechanism. */
  readonly mechanism: string;
  /**
   * Why: the provider refused, or was not asked since the address is banned; the client gets the same reply. `needs-tls`:
   * the client must turn on TLS first, and the username is empty where it has not been read.
   */
  readonly reason: "wrong" | "banned" | "needs-tls";
  /** Why the provider refused, where it says so; left out where it does not. */
  readonly cause?: RefusalCause;
  /** How long the address is banned, unless the ban is prolonged; left out where it is not. */
  readonly bannedSeconds?: number;
}

/** A client has logged out and keeps the connection. */
export interface LogoutEvent {
  /** Which event this is. */
  readonly type: "logout";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client sleeps (SLEE): its mailbox is released, its connection stays open. */
export interface SleepEvent {
  /** Which event this is. */
  readonly type: "sleep";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client is awake again (WAKE), with a new list of messages. */
export interface WakeEvent {
  /** Which event this is. */
  readonly type: "wake";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** How many messages the maildrop holds. */
  readonly messages: number;
  /** Whether the new list has a message that the old list did not have. */
  readonly hasNew: boolean;
}

/** Messages were deleted permanently. */
export interface DeleteEvent {
  /** Which event this is. */
  readonly type: "delete";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The unique ids of the messages. */
  readonly uniqueIds: readonly string[];
}

/** A message, or its head, was sent by RETR or TOP; or the connection ended while it was sent. */
export interface MessageSentEvent {
  /** Which event this is. */
  readonly type: "message-sent";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** Which command asked for it. */
  readonly verb: "RETR" | "TOP";
  /** The number of the message in the session; 0 for one that has come since the login. */
  readonly number: number;
  /** The unique id of the message. */
  readonly uniqueId: string;
  /** Octets of the message: CRLF line ends counted, byte-stuffing not. Of an incomplete one, those that were read. */
  readonly octets: number;
  /** How long it took, from the command until its last octet was handed to the system. */
  readonly milliseconds: number;
  /** Whether all of it was handed to the system. False where the client left or the mailbox failed in the middle. */
  readonly isComplete: boolean;
}
