/** A mailbox of a provider, as a session asks it: each operation through the border. */
import { type Awaitable, recover, then } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MessageContent } from "../provider/message_content.ts";
import {
  isValidList,
  type MessageList,
  SHARED_LIST,
  type SharingMailbox,
} from "../provider/message_list.ts";
import { isUnchecked, UNCHECKED } from "../provider/unchecked.ts";
import {
  aBoolean,
  aSize,
  type Check,
  contentsOrNull,
  kept,
  nothing,
  sizes,
  uniqueIds,
} from "./answers.ts";
import type { Operations } from "./operations.ts";

const checkedUniqueIds = kept(uniqueIds);

/** Lists that this package has made need no check, which looks at every unique id in one piece. */
const keptUniqueIds: Check<readonly string[]> = (value, operation, message) =>
  isValidList(value) ? value : checkedUniqueIds(value, operation, message);

export class AskedMailbox implements SharingMailbox {
  readonly #mailbox: SharingMailbox;
  readonly #operations: Operations;
  /** The name for events and log lines; left out where it is no text. */
  declare name?: string;
  declare readonly [UNCHECKED]?: true;
  readonly messageSizes?: NonNullable<Mailbox["messageSizes"]>;

  constructor(mailbox: Mailbox, operations: Operations) {
    this.#mailbox = mailbox;
    this.#operations = operations;
    this.#readName();
    if (isUnchecked(mailbox)) this[UNCHECKED] = true;
    if (mailbox.messageSizes !== undefined) this.messageSizes = this.#askForSizes;
  }

  [SHARED_LIST](info: ConnectionInfo): MessageList | null {
    return this.#mailbox[SHARED_LIST]?.(info) ?? null;
  }

  listMessageUniqueIds(info: ConnectionInfo): Awaitable<readonly string[]> {
    const ask = () => this.#mailbox.listMessageUniqueIds(info);
    const list = () => this.#operations.ask("listMessageUniqueIds", null, ask, keptUniqueIds);
    // A mailbox that is opened for its list has its name only then, also if the list fails.
    const listed = recover(list, (failure) => {
      this.#readName();
      throw failure;
    });
    return then(listed, (uniqueIds) => {
      this.#readName();
      return uniqueIds;
    });
  }

  mailboxIsReadOnly(info: ConnectionInfo): Awaitable<boolean> {
    const ask = () => this.#mailbox.mailboxIsReadOnly(info);
    return this.#operations.ask("mailboxIsReadOnly", null, ask, aBoolean);
  }

  messageExists(info: ConnectionInfo, uniqueId: string): Awaitable<boolean> {
    const ask = () => this.#mailbox.messageExists(info, uniqueId);
    return this.#operations.ask("messageExists", uniqueId, ask, aBoolean);
  }

  messageSize(info: ConnectionInfo, uniqueId: string): Awaitable<number> {
    const ask = () => this.#mailbox.messageSize(info, uniqueId);
    return this.#operations.ask("messageSize", uniqueId, ask, aSize);
  }

  messageContents(info: ConnectionInfo, uniqueId: string): Awaitable<MessageContent | null> {
    const ask = () => this.#mailbox.messageContents(info, uniqueId);
    return this.#operations.ask("messageContents", uniqueId, ask, contentsOrNull);
  }

  messageDelete(info: ConnectionInfo, uniqueIds: readonly string[]): Awaitable<void> {
    const ask = () => this.#mailbox.messageDelete(info, uniqueIds);
    return this.#operations.ask("messageDelete", null, ask, nothing);
  }

  release(info: ConnectionInfo): Awaitable<void> {
    return this.#operations.ask("release", null, () => this.#mailbox.release?.(info), nothing);
  }

  #readName(): void {
    const { name } = this.#mailbox;
    if (typeof name === "string") this.name = name;
  }

  readonly #askForSizes = (info: ConnectionInfo, uniqueIds: readonly string[]) => {
    const ask = () => this.#mailbox.messageSizes?.(info, uniqueIds);
    const check = kept(sizes(uniqueIds.length));
    // Nor do the sizes that such a list has learned.
    const isLearned = (value: unknown): value is readonly number[] =>
      value === this[SHARED_LIST](info)?.octets && Array.isArray(value);
    return this.#operations.ask(
      "messageSizes",
      null,
      ask,
      (value, ...place) => isLearned(value) ? value : check(value, ...place),
    );
  };
}
