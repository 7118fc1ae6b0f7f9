/**
 * The messages of a mailbox at one instant, by number. A mailbox of this package makes one list for each snapshot, and
 * every session that sees the snapshot shares it: what is true of all of them is found once, when it is first needed.
 */
import { faultOfUniqueIds, isAscending, type UniqueIdFault } from "../protocol/unique_id.ts";
import type { ConnectionInfo } from "./connection_info.ts";
import type { Mailbox } from "./mailbox.ts";

/** The unique ids of lists that were made by `MessageList.of`. */
const valid = new WeakSet<object>();

/** Whether these are the unique ids of such a list, which nobody can change, and need no check. */
export function isValidList(uniqueIds: unknown): uniqueIds is readonly string[] {
  return typeof uniqueIds === "object" && uniqueIds !== null && valid.has(uniqueIds);
}

export class MessageList {
  /** In the order of the message numbers (RFC 1939 section 5). */
  readonly uniqueIds: readonly string[];
  /** How many messages there are. */
  readonly count: number;
  #octets: readonly number[] | null;
  /**
   * The number of each message; `ascending` where the unique ids are, so that a search finds the number. Later lists may
   * share the map, and have added their messages.
   */
  #numbers: Map<string, number> | "ascending" | null = null;
  #fault: UniqueIdFault | "none" | null = null;

  /** @param octets the sizes of all messages in the same order, where they are known already */
  constructor(uniqueIds: readonly string[], octets: readonly number[] | null = null) {
    this.uniqueIds = uniqueIds;
    this.count = uniqueIds.length;
    this.#octets = octets;
  }

  /**
   * A list of unique ids that are known to be valid, and all different.
   *
   * @param uniqueIds frozen
   * @param isAscending whether each is known to be greater than the one before
   */
  static of(uniqueIds: readonly string[], isAscending: boolean): MessageList {
    const list = new MessageList(uniqueIds);
    list.#fault = "none";
    valid.add(uniqueIds);
    if (isAscending) list.#numbers = "ascending";
    return list;
  }

  /** Whether each unique id is greater than the one before. */
  get isAscending(): boolean {
    return this.#numbers === null ? isAscending(this.uniqueIds) : this.#numbers === "ascending";
  }

  /** The sizes of all messages in their order; null until they are known. */
  get octets(): readonly number[] | null {
    return this.#octets;
  }

  /** Keeps the sizes of all messages, for every session that shares the list. */
  learnOctets(octets: readonly number[]): void {
    this.#octets = octets;
  }

  /** Why a session cannot be opened with these unique ids; null when all is well. */
  get fault(): UniqueIdFault | null {
    this.#fault ??= faultOfUniqueIds(this.uniqueIds) ?? "none";
    return this.#fault === "none" ? null : this.#fault;
  }

  /** The unique id of a message number; undefined when there is no such message. */
  uniqueIdOf(number: number): string | undefined {
    return this.uniqueIds[number - 1];
  }

  /** The message number of a unique id; undefined when it is not in the list. */
  numberOf(uniqueId: string): number | undefined {
    this.#numbers ??= isAscending(this.uniqueIds)
      ? "ascending"
      : new Map(this.uniqueIds.map((each, index) => [each, index + 1]));
    if (this.#numbers === "ascending") return this.#search(uniqueId);
    const number = this.#numbers.get(uniqueId);
    if (number === undefined || this.uniqueIdOf(number) === uniqueId) return number;
    const index = this.uniqueIds.indexOf(uniqueId);
    return index === -1 ? undefined : index + 1;
  }

  /**
   * Shares the numbers that were found for an earlier list: of 100 000 messages, to find them takes longer than the rest
   * of a login.
   *
   * @param earlier its messages are the first of this list
   */
  continue(earlier: MessageList): void {
    const numbers = earlier.#numbers;
    if (this.#numbers !== null || !(numbers instanceof Map)) return;
    for (let number = earlier.count + 1; number <= this.count; number++) {
      numbers.set(this.uniqueIdOf(number) ?? "", number);
    }
    this.#numbers = numbers;
  }

  #search(uniqueId: string): number | undefined {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.uniqueIds[middle] ?? "") < uniqueId) low = middle + 1;
      else high = middle;
    }
    return this.uniqueIds[low] === uniqueId ? low + 1 : undefined;
  }

  /** Whether these are the unique ids of all messages, in their order. */
  isAll(uniqueIds: readonly string[]): boolean {
    return uniqueIds === this.uniqueIds ||
      uniqueIds.length === this.count &&
        uniqueIds.every((uniqueId, index) => uniqueId === this.uniqueIds[index]);
  }
}

/** The name of the operation by which a mailbox hands over a list that it shares. */
export const SHARED_LIST: unique symbol = Symbol("shared list");

/** A mailbox that may share its lists among sessions. */
export interface SharingMailbox extends Mailbox {
  /** The list whose unique ids `listMessageUniqueIds` gave last; null before that. */
  [SHARED_LIST]?(info: ConnectionInfo): MessageList | null;
}

/** Asks a mailbox what is in it now. */
export async function listOf(mailbox: SharingMailbox, info: ConnectionInfo): Promise<MessageList> {
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  const shared = mailbox[SHARED_LIST]?.(info) ?? null;
  // A program may have put its own listMessageUniqueIds in the place of ours; then its unique ids count.
  return shared?.uniqueIds === uniqueIds ? shared : new MessageList(uniqueIds);
}
