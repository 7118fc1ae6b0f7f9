/**
 * The unique ids of an mbox (RFC 1939 section 7). The id of a message is the digest of its identity (message_identity.ts). Of
 * messages that are the same in every octet each gets an id of its own: the digest, and a number after it from 2 on.
 *
 * An id is never given to another message, as long as this is kept (mbox_state.ts): of equal messages the one that is deleted
 * takes its number with it, and one that comes later gets the next number. Which of several equal messages another program
 * has removed cannot be seen; the first ones are taken to be gone.
 *
 * Messages that are about to be deleted are marked: should the process die in the middle, the number of those that are left says
 * whether they were.
 */

/** What is known of a digest, but for one that has one copy with the number 1. */
interface Copies {
  /** The numbers of the messages that are there, in their order. */
  present: readonly number[];
  /** Those of them that are about to be deleted. */
  doomed: readonly number[];
  /** The number of the next one that comes. */
  next: number;
}

/** The same as it is kept: digest, next, present, doomed. */
export type KeptCopies = readonly [string, number, readonly number[], readonly number[]];

/** So many deleted messages are remembered; a message that comes again with every octet the same is rare. */
const MOST_DELETED = 10_000;

export class MboxIds {
  readonly #copies = new Map<string, Copies>();
  /** Digests with marks of a process that is gone. */
  readonly #undecided = new Set<string>();
  #hasChanged = false;

  constructor(kept: readonly KeptCopies[] = []) {
    for (const [digest, next, present, doomed] of kept) {
      this.#copies.set(digest, { present, doomed, next });
      if (doomed.length > 0) this.#undecided.add(digest);
    }
  }

  /** Whether something is to be kept that was not at the last question. */
  takeChange(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  kept(): KeptCopies[] {
    return [...this.#copies].map(([digest, { next, present, doomed }]) => [
      digest,
      next,
      present,
      doomed,
    ]);
  }

  /** The ids of messages, by their digests in the order in which they lie in the file. */
  assign(digests: readonly string[]): string[] {
    const counts = new Map<string, number>();
    for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
    const numbers = new Map<string, number[]>();
    for (const [digest, count] of counts) {
      if (count > 1 || this.#copies.has(digest)) numbers.set(digest, this.#numbers(digest, count));
    }
    for (const digest of this.#copies.keys()) {
      if (!counts.has(digest)) this.#numbers(digest, 0);
    }
    return digests.map((digest) => idOf(digest, numbers.get(digest)?.shift() ?? 1));
  }

  /** @returns whether it must be kept before they are deleted: a twin could be taken for one of them */
  doom(uniqueIds: Iterable<string>): boolean {
    let isNeeded = false;
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      const copies = this.#copies.get(digest) ?? { present: [1], doomed: [], next: 2 };
      this.#set(digest, { ...copies, doomed: [...copies.doomed, number] });
      isNeeded ||= copies.present.length > 1;
    }
    return isNeeded;
  }

  /** They are still there. */
  spare(uniqueIds: Iterable<string>): void {
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      const copies = this.#copies.get(digest);
      if (copies === undefined) continue;
      const doomed = copies.doomed.filter((each) => each !== number);
      this.#set(digest, { ...copies, doomed });
    }
  }

  /** They are deleted. */
  forget(uniqueIds: Iterable<string>): void {
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      const copies = this.#copies.get(digest) ?? { present: [1], doomed: [], next: 2 };
      const isAnother = (each: number) => each !== number;
      const present = copies.present.filter(isAnother);
      this.#copies.delete(digest);
      this.#set(digest, { present, doomed: copies.doomed.filter(isAnother), next: copies.next });
    }
    this.#forgetOldest();
  }

  #numbers(digest: string, count: number): number[] {
    const known = this.#copies.get(digest);
    if (known === undefined) {
      const present = Array.from({ length: count }, (_, at) => at + 1);
      this.#set(digest, { present, doomed: [], next: count + 1 });
      return [...present];
    }
    let { present, doomed, next } = known;
    if (this.#undecided.delete(digest)) {
      if (count < present.length) present = present.filter((number) => !doomed.includes(number));
      doomed = [];
    }
    const isDoomed = (number: number) => known.doomed.includes(number);
    while (present.length > count) {
      const gone = present.find(isDoomed) ?? present[0];
      present = present.filter((number) => number !== gone);
    }
    while (present.length < count) present = [...present, next++];
    if (present !== known.present || doomed !== known.doomed || next !== known.next) {
      this.#set(digest, { present, doomed, next });
    }
    return [...present];
  }

  #set(digest: string, copies: Copies): void {
    const { present, doomed, next } = copies;
    // What every digest is that was never seen needs no place.
    if (present.length === 1 && present[0] === 1 && doomed.length === 0 && next === 2) {
      this.#copies.delete(digest);
    } else this.#copies.set(digest, copies);
    this.#hasChanged = true;
  }

  #forgetOldest(): void {
    if (this.#copies.size <= MOST_DELETED) return;
    const deleted = [...this.#copies].filter(([, { present }]) => present.length === 0);
    for (const [digest] of deleted.slice(0, deleted.length - MOST_DELETED)) {
      this.#copies.delete(digest);
    }
  }
}

function idOf(digest: string, number: number): string {
  return number === 1 ? digest : `${digest}.${number}`;
}

function partsOf(uniqueId: string): readonly [digest: string, number: number] {
  const [digest = "", number = "1"] = uniqueId.split(".");
  return [digest, Number(number)];
}
