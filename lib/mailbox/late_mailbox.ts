/**
 * A mailbox that is opened when a session first needs it, and not while the login that it belongs to has its turn: a disk
 * that hangs then makes only its own user wait.
 */
import { type Awaitable, then } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { MessageContent } from "../provider/message_content.ts";
import { type MessageList, SHARED_LIST, type SharingMailbox } from "../provider/message_list.ts";

export class LateMailbox implements SharingMailbox {
  readonly #expectedName: string;
  readonly #open: (isForList: boolean) => Awaitable<SharingMailbox>;
  #opened: SharingMailbox | null = null;

  /**
   * @param expectedName the name until the mailbox is open
   * @param open called again after it has failed; it hears whether the list is asked for in the same turn of the
   * event loop
   */
  constructor(expectedName: string, open: (isForList: boolean) => Awaitable<SharingMailbox>) {
    this.#expectedName = expectedName;
    this.#open = open;
  }

  get name(): string {
    return this.#opened?.name ?? this.#expectedName;
  }

  listMessageUniqueIds(info: ConnectionInfo): Awaitable<readonly string[]> {
    return this.#ask((mailbox) => mailbox.listMessageUniqueIds(info), true);
  }

  [SHARED_LIST](info: ConnectionInfo): MessageList | null {
    return this.#opened?.[SHARED_LIST]?.(info) ?? null;
  }

  mailboxIsReadOnly(info: ConnectionInfo): Awaitable<boolean> {
    return this.#ask((mailbox) => mailbox.mailboxIsReadOnly(info));
  }

  messageExists(info: ConnectionInfo, uniqueId: string): Awaitable<boolean> {
    return this.#ask((mailbox) => mailbox.messageExists(info, uniqueId));
  }

  messageSize(info: ConnectionInfo, uniqueId: string): Awaitable<number> {
    return this.#ask((mailbox) => mailbox.messageSize(info, uniqueId));
  }

  messageSizes(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Awaitable<readonly (number | null)[]> {
    return this.#ask((mailbox) =>
      mailbox.messageSizes?.(info, uniqueIds) ??
        Promise.all(uniqueIds.map((uniqueId) => mailbox.messageSize(info, uniqueId)))
    );
  }

  messageContents(info: ConnectionInfo, uniqueId: string): Awaitable<MessageContent | null> {
    return this.#ask((mailbox) => mailbox.messageContents(info, uniqueId));
  }

  messageDelete(info: ConnectionInfo, uniqueIds: readonly string[]): Awaitable<void> {
    return this.#ask((mailbox) => mailbox.messageDelete(info, uniqueIds));
  }

  /** A mailbox that was never opened holds nothing. */
  release(info: ConnectionInfo): Awaitable<void> {
    return this.#opened?.release?.(info);
  }

  #ask<T>(
    question: (mailbox: SharingMailbox) => Awaitable<T>,
    isForList: boolean = false,
  ): Awaitable<T> {
    if (this.#opened !== null) return question(this.#opened);
    return then(this.#open(isForList), (mailbox) => {
      this.#opened = mailbox;
      return question(mailbox);
    });
  }
}
