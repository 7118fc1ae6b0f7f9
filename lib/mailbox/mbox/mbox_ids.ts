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

/** What is known of a digest, but for one that has one copy with the number 1. Sets: a mail loop makes thousands of equals. */
interface Copies {
  /** The numbers of the messages that are there, in their order. */
  readonly present: Set<number>;
  /** Those of them that are about to be deleted. */
  readonly doomed: Set<number>;
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
      this.#copies.set(digest, { present: new Set(present), doomed: new Set(doomed), next });
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
      [...present],
      [...doomed],
    ]);
  }

  /** The ids of messages, by their digests in the order in which they lie in the file. */
  assign(digests: readonly string[]): string[] {
    const counts = new Map<string, number>();
    for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
    const numbers = new Map<string, Iterator<number>>();
    for (const [digest, count] of counts) {
      if (count === 1 && !this.#copies.has(digest)) continue;
      this.#adjust(digest, count);
      numbers.set(digest, this.#of(digest).present.values());
    }
    for (const digest of this.#copies.keys()) {
      if (!counts.has(digest)) this.#adjust(digest, 0);
    }
    const uniqueIds = digests.map((digest) => {
      const number: unknown = numbers.get(digest)?.next().value;
      return idOf(digest, typeof number === "number" ? number : 1);
    });
    this.#forgetUsual(counts.keys());
    return uniqueIds;
  }

  /** @returns whether it must be kept before they are deleted: a twin could be taken for one of them */
  doom(uniqueIds: Iterable<string>): boolean {
    let isNeeded = false;
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      const { present, doomed } = this.#of(digest);
      doomed.add(number);
      isNeeded ||= present.size > 1;
    }
    this.#hasChanged = true;
    return isNeeded;
  }

  /** They are still there. */
  spare(uniqueIds: Iterable<string>): void {
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      this.#of(digest).doomed.delete(number);
      this.#forgetUsual([digest]);
    }
    this.#hasChanged = true;
  }

  /** They are deleted. */
  forget(uniqueIds: Iterable<string>): void {
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      const copies = this.#of(digest);
      copies.present.delete(number);
      copies.doomed.delete(number);
      // The one that was deleted last is forgotten last.
      this.#copies.delete(digest);
      this.#copies.set(digest, copies);
    }
    this.#hasChanged = true;
    this.#forgetOldest();
  }

  /** Makes the numbers as many as there are messages. */
  #adjust(digest: string, count: number): void {
    const isNew = !this.#copies.has(digest);
    const copies = this.#of(digest);
    const { present, doomed } = copies;
    if (this.#undecided.delete(digest)) {
      if (count < present.size) { for (const number of doomed) present.delete(number); }
      doomed.clear();
      this.#hasChanged = true;
    }
    const surplus = [...doomed, ...present].values();
    while (present.size > count) present.delete(surplus.next().value ?? 0);
    const isChanged = isNew || present.size !== count;
    while (present.size < count) present.add(copies.next++);
    this.#hasChanged ||= isChanged;
  }

  #of(digest: string): Copies {
    const known = this.#copies.get(digest);
    if (known !== undefined) return known;
    const copies = { present: new Set([1]), doomed: new Set<number>(), next: 2 };
    this.#copies.set(digest, copies);
    return copies;
  }

  /** What every digest is that was never seen needs no place. */
  #forgetUsual(digests: Iterable<string>): void {
    for (const digest of digests) {
      const copies = this.#copies.get(digest);
      if (copies === undefined) continue;
      const { present, doomed, next } = copies;
      if (present.size === 1 && present.has(1) && doomed.size === 0 && next === 2) {
        this.#copies.delete(digest);
      }
    }
  }

  #forgetOldest(): void {
    if (this.#copies.size <= MOST_DELETED) return;
    const deleted = [...this.#copies].filter(([, { present }]) => present.size === 0);
    for (const [digest] of deleted.slice(0, Math.max(0, deleted.length - MOST_DELETED))) {
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
