/** What a mailbox of your own implements. */
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "./connection_info.ts";
import type { MessageContent } from "./message_content.ts";

/**
 * The mail of one user, as one login sees it. Each method may answer at once or with a promise.
 *
 * Only unique ids that `listMessageUniqueIds` gave are ever asked for. Throw a `Pop3ResponseError` to choose
 * what the client is told; any other error is told to the log only.
 */
export interface Mailbox {
  /** What the mailbox is called in events and log lines. */
  readonly name?: string;

  // Asked at the login, at each WAKE, and when a client names a unique id that it was not shown.

  /** The unique ids of all messages, in the order in which they shall be numbered (RFC 1939 section 7). */
  listMessageUniqueIds(info: ConnectionInfo): Awaitable<readonly string[]>;

  // Asked while the client is logged in.

  /** Is DELE refused? */
  mailboxIsReadOnly(info: ConnectionInfo): Awaitable<boolean>;
  /** Is the message still there? */
  messageExists(info: ConnectionInfo, uniqueId: string): Awaitable<boolean>;
  /** Octets of the message with CRLF line ends, without byte-stuffing (RFC 1939 section 11). */
  messageSize(info: ConnectionInfo, uniqueId: string): Awaitable<number>;
  /** Add-on: the sizes of many messages in one call, in the same order; null for one that is gone. */
  messageSizes?(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Awaitable<readonly (number | null)[]>;
  /** The message itself; null when it is gone. */
  messageContents(
    info: ConnectionInfo,
    uniqueId: string,
  ): Awaitable<MessageContent | null>;

  // Asked when the client says QUIT, SLEE, QAUT or DELI.

  /** Deletes all of these messages or none: throw, and none is gone. One that is gone already counts as deleted. */
  messageDelete(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Awaitable<void>;

  // Told at the end, and at SLEE.

  /** Add-on: the session is over, however it ended; or asleep, and the list is asked for anew when it wakes up. */
  release?(info: ConnectionInfo): Awaitable<void>;
}
