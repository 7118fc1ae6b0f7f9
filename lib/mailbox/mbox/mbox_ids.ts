/**
 * The unique ids of an mbox (RFC 1939 section 7). The id of a message is the digest of its identity
 * (message_identity.ts). Messages that are equal in every octet get ids of their own: the digest, and from the second
 * on a number after it.
 *
 * As long as this state is kept (mbox_state.ts), no message gets the id of another: the number of a deleted message is
 * not used again, and an equal message that arrives later gets the next number. We cannot see which of several equal
 * messages another program has removed, and assume the first ones.
 *
 * Messages are marked before they are deleted. If the process dies in between, the number of equal messages that are
 * left says whether they were deleted.
 */

/**
 * What is known of a digest, unless it has just one copy with the number 1. Sets, since a mail loop makes thousands
 * of equal messages.
 */
interface Copies {
  /** The numbers of the messages in the file, in their order. */
  readonly present: Set<number>;
  /** Those of them that are about to be deleted. */
  readonly doomed: Set<number>;
  /** The number of the next one that arrives. */
  next: number;
}

/** The copies of a digest in the state file: digest, next, present, doomed. */
export type KeptCopies = readonly [string, number, readonly number[], readonly number[]];

/** How many deleted messages are remembered. That a message arrives again, equal in every octet, is rare. */
const MOST_DELETED = 10_000;

export class MboxIds {
  readonly #copies = new Map<string, Copies>();
  /** Digests with marks of a process that died. */
  readonly #undecided = new Set<string>();
  #hasChanged = false;

  constructor(kept: readonly KeptCopies[] = []) {
    for (const [digest, next, present, doomed] of kept) {
      this.#copies.set(digest, { present: new Set(present), doomed: new Set(doomed), next });
      if (doomed.length > 0) this.#undecided.add(digest);
    }
  }

  /** Whether something has changed since the last call, and is to be saved. */
  takeChange(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /** What was taken could not be saved. */
  giveChangeBack(): void {
    this.#hasChanged = true;
  }

  kept(): KeptCopies[] {
    return [...this.#copies].map(([digest, { next, present, doomed }]) => [
      digest,
      next,
      [...present],
      [...doomed],
    ]);
  }

  /** The ids of all messages, for their digests in the order of the file. */
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

  /**
   * Marks messages before they are deleted.
   *
   * @returns whether the marks must be saved first, since otherwise an equal message could be mistaken for a deleted one
   */
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

  /** Takes the marks away: the messages are still there. */
  spare(uniqueIds: Iterable<string>): void {
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      this.#of(digest).doomed.delete(number);
      this.#forgetUsual([digest]);
    }
    this.#hasChanged = true;
  }

  /** Forgets messages that were deleted. */
  forget(uniqueIds: Iterable<string>): void {
    for (const uniqueId of uniqueIds) {
      const [digest, number] = partsOf(uniqueId);
      const copies = this.#of(digest);
      copies.present.delete(number);
      copies.doomed.delete(number);
      // Inserted again, so that the one deleted last is forgotten last.
      this.#copies.delete(digest);
      this.#copies.set(digest, copies);
    }
    this.#hasChanged = true;
    this.#forgetOldest();
  }

  /** Makes as many numbers as there are messages. */
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

  /** Drops digests whose state is that of a digest that was never seen: it need not be kept. */
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
