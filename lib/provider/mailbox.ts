/** The interface that a mailbox of your own implements. */
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "./connection_info.ts";
import type { MessageContent } from "./message_content.ts";

/**
 * The mail of one user, as one login sees it. Each method may answer at once or with a promise.
 *
 * Methods only ever get unique ids that `listMessageUniqueIds` returned. Throw a `Pop3ResponseError` to choose the
 * client's reply; the text of any other error goes to the log only.
 */
export interface Mailbox {
  /** The name of the mailbox in events and log lines. It is read at the login, and again after the list. */
  readonly name?: string;

  // Called at the login, at each WAKE, and when a client names a unique id that it was not shown.

  /** The unique ids of all messages, in the order in which they are numbered (RFC 1939 section 7). */
  listMessageUniqueIds(info: ConnectionInfo): Awaitable<readonly string[]>;

  // Called while the client is logged in.

  /** Whether DELE is refused. */
  mailboxIsReadOnly(info: ConnectionInfo): Awaitable<boolean>;
  /** Whether the message is still there. */
  messageExists(info: ConnectionInfo, uniqueId: string): Awaitable<boolean>;
  /** The size of the message in octets, with CRLF line ends and without byte-stuffing (RFC 1939 section 11). */
  messageSize(info: ConnectionInfo, uniqueId: string): Awaitable<number>;
  /** Optional: the sizes of many messages in one call, in the same order; null for one that is gone. */
  messageSizes?(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Awaitable<readonly (number | null)[]>;
  /** The contents of the message; null when it is gone. */
  messageContents(
    info: ConnectionInfo,
    uniqueId: string,
  ): Awaitable<MessageContent | null>;

  // Called when the client sends QUIT, SLEE, QAUT or DELI.

  /**
   * Deletes all of these messages or none: if it throws, all are still there. A message that is gone already counts
   * as deleted.
   */
  messageDelete(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Awaitable<void>;

  // Called at the end, and at SLEE.

  /** Optional: the session has ended, in whatever way, or sleeps; when it wakes up, it asks for the list again. */
  release?(info: ConnectionInfo): Awaitable<void>;
}
