/**
 * The maildrop of one session: which messages there are, fixed at the login, and which of them are marked as
 * deleted (RFC 1939 section 5).
 *
 * - A message number is 1 to `count` and names the same message until the session ends. The numbers of
 *   deleted messages are not given to others: lists have gaps.
 * - A message that somebody else removed before we knew its size is left out of lists like a deleted one.
 */
import type { ConnectionInfo } from "../mailbox/connection_info.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";

/** A message that is there: its number, its unique id. */
export interface ListedMessage {
  readonly number: number;
  readonly uniqueId: string;
}

/** A message and its size in octets. */
export interface SizedMessage extends ListedMessage {
  readonly octets: number;
}

export class Maildrop {
  readonly mailbox: Mailbox;
  readonly #info: ConnectionInfo;
  readonly #uniqueIds: readonly string[];
  /** By index: octets, null for a message that is gone, undefined while unknown. */
  readonly #sizes: (number | null | undefined)[];
  readonly #deleted = new Set<number>();

  constructor(
    mailbox: Mailbox,
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ) {
    this.mailbox = mailbox;
    this.#info = info;
    this.#uniqueIds = uniqueIds;
    this.#sizes = new Array(uniqueIds.length);
  }

  /** How many messages there were at the login. */
  get count(): number {
    return this.#uniqueIds.length;
  }

  /** The unique id of a message number; undefined when there is no such message. */
  uniqueIdOf(number: number): string | undefined {
    return this.#uniqueIds[number - 1];
  }

  isDeleted(number: number): boolean {
    return this.#deleted.has(number);
  }

  markDeleted(number: number): void {
    this.#deleted.add(number);
  }

  unmarkAll(): void {
    this.#deleted.clear();
  }

  /** The unique ids of the messages that are marked as deleted, in their order. */
  deletedUniqueIds(): string[] {
    return this.#uniqueIds.filter((_, index) => this.#deleted.has(index + 1));
  }

  /** The messages that a list shows. */
  *listed(): Generator<ListedMessage> {
    for (const [index, uniqueId] of this.#uniqueIds.entries()) {
      const number = index + 1;
      if (!this.#deleted.has(number) && this.#sizes[index] !== null) {
        yield { number, uniqueId };
      }
    }
  }

  /** The messages that a list shows, with their sizes. */
  async sized(): Promise<SizedMessage[]> {
    const unknown = [...this.listed()].filter(({ number }) =>
      this.#sizes[number - 1] === undefined
    );
    if (unknown.length > 0) await this.#measure(unknown);
    const sized: SizedMessage[] = [];
    for (const message of this.listed()) {
      const octets = this.#sizes[message.number - 1];
      if (typeof octets === "number") sized.push({ ...message, octets });
    }
    return sized;
  }

  /** The size of one message in octets, or null when it is gone. */
  async sizeOf(message: ListedMessage): Promise<number | null> {
    const index = message.number - 1;
    const octets = this.#sizes[index] ??= await this.#sizeOrGone(
      message.uniqueId,
    );
    return octets;
  }

  async #measure(messages: readonly ListedMessage[]): Promise<void> {
    if (this.mailbox.messageSizes === undefined) {
      for (const message of messages) await this.sizeOf(message);
      return;
    }
    const sizes = await this.mailbox.messageSizes(
      this.#info,
      messages.map(({ uniqueId }) => uniqueId),
    );
    if (sizes.length !== messages.length) {
      throw new RangeError(
        `messageSizes gave ${sizes.length} sizes for ${messages.length} unique ids`,
      );
    }
    for (const [position, { number }] of messages.entries()) {
      this.#sizes[number - 1] = sizes[position] ?? null;
    }
  }

  async #sizeOrGone(uniqueId: string): Promise<number | null> {
    try {
      return await this.mailbox.messageSize(this.#info, uniqueId);
    } catch (error) {
      if (await isGone(this.mailbox, this.#info, uniqueId)) return null;
      throw error;
    }
  }
}

/** Did somebody else remove the message? Asked when a mailbox failed on it, so a further failure means no. */
export async function isGone(
  mailbox: Mailbox,
  info: ConnectionInfo,
  uniqueId: string,
): Promise<boolean> {
  try {
    return !(await mailbox.messageExists(info, uniqueId));
  } catch {
    return false;
  }
}
