/**
 * The maildrop of one session: which messages there are, fixed at the login, and which of them are marked as
 * deleted (RFC 1939 section 5).
 *
 * - A message number is 1 to `count` and names the same message until the session ends. The numbers of
 *   deleted messages are not given to others: lists have gaps.
 * - A client can name a message that arrived later by its unique id. It has the number 0, and never enters the list.
 * - DELI deletes a message at once; its number stays empty.
 * - A message that somebody else removed before we knew its size is left out of lists like a deleted one.
 */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MessageList } from "../provider/message_list.ts";
import { sizeOrThrow } from "../provider/message_size.ts";

/** A message that is there: its number, its unique id. */
export interface ListedMessage {
  readonly number: number;
  readonly uniqueId: string;
}

/** What has been decided about messages. */
interface Marks {
  /** The numbers of those that are marked as deleted. */
  readonly deleted: Set<number>;
  /** The unique ids of marked messages that arrived later. */
  readonly lateDeleted: Set<string>;
  /** Unique ids of messages that are deleted at the end because they were read. */
  readonly retrieved: Set<string>;
  /** What DELI deleted: numbers, and unique ids of messages that arrived later. */
  readonly removed: Set<number | string>;
}

function newMarks(): Marks {
  return { deleted: new Set(), lateDeleted: new Set(), retrieved: new Set(), removed: new Set() };
}

/** Shared, and never written to. */
const noMarks = newMarks();

export class Maildrop {
  readonly mailbox: Mailbox;
  readonly #info: ConnectionInfo;
  /** The messages that were there at the login. */
  readonly list: MessageList;
  /** By index: octets, null for a message that is gone, undefined while unknown. */
  #sizes: readonly (number | null | undefined)[] = [];
  /** The same, once this session has measured something for itself. */
  #ownSizes: (number | null | undefined)[] | null = null;
  /** Whether the sizes of all messages that a list shows are known. */
  #areMeasured = false;
  /** Made for the first mark: most sessions only look, and there may be thousands of them. */
  #marks: Marks = noMarks;

  constructor(mailbox: Mailbox, info: ConnectionInfo, list: MessageList) {
    this.mailbox = mailbox;
    this.#info = info;
    this.list = list;
  }

  isDeleted({ number, uniqueId }: ListedMessage): boolean {
    return number === 0
      ? this.#marks.lateDeleted.has(uniqueId) || this.#marks.removed.has(uniqueId)
      : this.#marks.deleted.has(number) || this.#marks.removed.has(number);
  }

  markDeleted({ number, uniqueId }: ListedMessage): void {
    if (number === 0) this.#ownMarks().lateDeleted.add(uniqueId);
    else this.#ownMarks().deleted.add(number);
  }

  /** The message was read, and is not to be kept any longer than this session; RSET changes nothing about that. */
  markRetrieved({ uniqueId }: ListedMessage): void {
    this.#ownMarks().retrieved.add(uniqueId);
  }

  /** Removes a message that is deleted already; RSET does not restore it. */
  remove({ number, uniqueId }: ListedMessage): void {
    const marks = this.#ownMarks();
    marks.removed.add(number === 0 ? uniqueId : number);
    marks.retrieved.delete(uniqueId);
  }

  unmarkAll(): void {
    this.#marks.deleted.clear();
    this.#marks.lateDeleted.clear();
    this.#areMeasured = false;
  }

  /** The unique ids of the messages that UPDATE deletes, each once. */
  deletedUniqueIds(): string[] {
    const { deleted, lateDeleted, retrieved } = this.#marks;
    if (deleted.size + lateDeleted.size + retrieved.size === 0) return [];
    const listed = this.list.uniqueIds.filter((_, index) => deleted.has(index + 1));
    return [...new Set([...listed, ...lateDeleted, ...retrieved])];
  }

  /** Whether a list shows the message of a number that there is. */
  isListed(number: number): boolean {
    const { deleted, removed } = this.#marks;
    return this.#sizes[number - 1] !== null && (deleted.size === 0 || !deleted.has(number)) &&
      (removed.size === 0 || !removed.has(number));
  }

  /** The numbers of the messages that a list shows. */
  *#listed(): Generator<number> {
    for (let number = 1; number <= this.list.count; number++) {
      if (this.isListed(number)) yield number;
    }
  }

  /** What a list shows of each number: its octets, or null where it does not show the message. */
  async sizes(): Promise<(number: number) => number | null> {
    await this.#measureAll();
    return (number) => this.isListed(number) ? this.#sizes[number - 1] ?? 0 : null;
  }

  /** How many messages a list shows, and their octets together. */
  async total(): Promise<{ readonly messages: number; readonly octets: number }> {
    await this.#measureAll();
    let [messages, octets] = [0, 0];
    for (let number = 1; number <= this.list.count; number++) {
      const size = this.#sizes[number - 1];
      if (typeof size !== "number" || !this.isListed(number)) continue;
      messages++;
      octets += size;
    }
    return { messages, octets };
  }

  /** The size that the client was given; null where it was given none. */
  knownSizeOf({ number }: ListedMessage): number | null {
    return this.#sizes[number - 1] ?? null;
  }

  /** The size of one message in octets, or null when it is gone. */
  async sizeOf(message: ListedMessage): Promise<number | null> {
    if (message.number === 0) return await this.#sizeOrGone(message.uniqueId);
    const index = message.number - 1;
    const known = this.#sizes[index];
    if (known !== undefined) return known;
    const octets = await this.#sizeOrGone(message.uniqueId);
    this.#know(index, octets);
    return octets;
  }

  #ownMarks(): Marks {
    if (this.#marks === noMarks) this.#marks = newMarks();
    return this.#marks;
  }

  async #measureAll(): Promise<void> {
    if (this.#areMeasured) return;
    if (this.mailbox.messageSizes === undefined) {
      for (const number of this.#listed()) await this.sizeOf(this.#messageOf(number));
    } else if (this.#sizes.length === 0 && this.#marks === noMarks) {
      this.#sizes = this.list.octets ?? await this.#askForAll();
    } else {
      const unknown = [...this.#listed()].filter((number) => this.#sizes[number - 1] === undefined);
      const uniqueIds = unknown.map((number) => this.#messageOf(number).uniqueId);
      const sizes = await this.#askFor(uniqueIds);
      for (const [position, number] of unknown.entries()) {
        this.#know(number - 1, sizes[position] ?? null);
      }
    }
    this.#areMeasured = true;
  }

  /** Prefers the sizes that the list has learned by then: sessions share them. */
  async #askForAll(): Promise<readonly (number | null)[]> {
    const sizes = await this.#askFor(this.list.uniqueIds);
    return this.list.octets ?? sizes.map(sizeOrThrow);
  }

  async #askFor(uniqueIds: readonly string[]): Promise<readonly (number | null)[]> {
    if (uniqueIds.length === 0) return [];
    const sizes = await this.mailbox.messageSizes?.(this.#info, uniqueIds) ?? [];
    if (sizes.length === uniqueIds.length) return sizes;
    throw new RangeError(
      `messageSizes gave ${sizes.length} sizes for ${uniqueIds.length} unique ids`,
    );
  }

  #messageOf(number: number): ListedMessage {
    return { number, uniqueId: this.list.uniqueIdOf(number) ?? "" };
  }

  #know(index: number, octets: number | null): void {
    this.#ownSizes ??= [...this.#sizes];
    this.#ownSizes[index] = sizeOrThrow(octets);
    this.#sizes = this.#ownSizes;
  }

  async #sizeOrGone(uniqueId: string): Promise<number | null> {
    try {
      return sizeOrThrow(await this.mailbox.messageSize(this.#info, uniqueId));
    } catch (error) {
      if (await isGone(this.mailbox, this.#info, uniqueId)) return null;
      throw error;
    }
  }
}

/** Whether somebody else removed the message. Asked when a mailbox failed on it, so a further failure means no. */
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
