/** What a client does in a session. No event holds a password. */
import type { ConnectionInfo } from "../provider/connection_info.ts";

/** A command was received; it has not been carried out yet. */
export interface CommandEvent {
  /** Which event this is. */
  readonly type: "command";
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
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The verb in capitals; null for a line that is no command. */
  readonly verb: string | null;
  /** Whether it was `+OK`, or a challenge of AUTH. */
  readonly isOk: boolean;
  /** The response code of an `-ERR`, such as `SYS/TEMP`; null for none. */
  readonly code: string | null;
  /** Milliseconds since the command was received. */
  readonly duration: number;
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
  /** The username that was tried, cut at 256 characters. */
  readonly username: string;
  /** What the client used: `PASS`, `APOP`, `XLOG`, or a SASL mechanism. */
  readonly mechanism: string;
  /** Why: the provider refused, or was not asked since the address is banned. The client gets the same reply. */
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

/** A client sleeps (SLEE): its mailbox is released, its connection stays open. */
export interface SleepEvent {
  /** Which event this is. */
  readonly type: "sleep";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client is awake again (WAKE), with a new list of messages. */
export interface WakeEvent {
  /** Which event this is. */
  readonly type: "wake";
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
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** The unique ids of the messages. */
  readonly uniqueIds: readonly string[];
}
