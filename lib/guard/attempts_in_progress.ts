/**
 * Counts the login attempts that the provider has not answered yet, in groups: those from one network, or with one
 * secret.
 *
 * An attempt that stays unanswered counts for a minute; after that it no longer blocks others.
 */
import type { Clock } from "../time/clock.ts";

const LONGEST_MS = 60_000;

interface Group {
  /** When each attempt began. */
  readonly attempts: Map<symbol, number>;
  nextEnd: NextEnd;
}

/** The end of the next attempt of a group. */
class NextEnd {
  readonly #ended = Promise.withResolvers<void>();
  readonly promise: Promise<void> = this.#ended.promise;
  isOver = false;

  settle(): void {
    this.isOver = true;
    this.#ended.resolve();
  }
}

export class AttemptsInProgress {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many attempts of this group are in progress. */
  count(key: string): number {
    const group = this.#groups.get(key);
    if (group === undefined) return 0;
    const oldest = this.#clock.now() - LONGEST_MS;
    return [...group.attempts.values()].filter((began) => began > oldest).length;
  }

  /** The next end of an attempt of this group; undefined where none is in progress. */
  nextEnd(key: string): { readonly isOver: boolean; readonly promise: Promise<void> } | undefined {
    return this.#groups.get(key)?.nextEnd;
  }

  /** Waits until an attempt of this group has ended, or has lasted so long that it no longer counts; or for `other`. */
  async untilFewer(key: string, other: Promise<void>): Promise<void> {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    const now = this.#clock.now();
    const counted = [...group.attempts.values()].filter((began) => began > now - LONGEST_MS);
    const { promise: isOld, resolve } = Promise.withResolvers<void>();
    using _timer = this.#clock.after(Math.min(...counted, now) + LONGEST_MS - now, resolve);
    await Promise.race([group.nextEnd.promise, other, isOld]);
  }

  /** Begins an attempt that counts in all of these groups until it is disposed of. */
  begin(keys: readonly string[]): Disposable {
    const id = Symbol();
    for (const key of keys) {
      const group = this.#groups.get(key) ??
        { attempts: new Map(), nextEnd: new NextEnd() };
      group.attempts.set(id, this.#clock.now());
      this.#groups.set(key, group);
    }
    return { [Symbol.dispose]: () => this.#end(keys, id) };
  }

  #end(keys: readonly string[], id: symbol): void {
    for (const key of keys) {
      const group = this.#groups.get(key);
      if (group?.attempts.delete(id) !== true) continue;
      const { nextEnd } = group;
      group.nextEnd = new NextEnd();
      if (group.attempts.size === 0) this.#groups.delete(key);
      nextEnd.settle();
    }
  }
}
