/**
 * The attempts to log in that the provider has not answered yet, by what they have in common: a network, or a secret.
 *
 * An attempt that the provider does not answer counts for a minute; after that it no longer stands in the way of others.
 */
import type { Clock } from "../time/clock.ts";

const LONGEST_MS = 60_000;

interface Group {
  /** When each began. */
  readonly attempts: Map<symbol, number>;
  nextEnd: NextEnd;
}

/** When one of a group ends. */
class NextEnd {
  readonly #ended = Promise.withResolvers<void>();
  readonly promise: Promise<void> = this.#ended.promise;
  isOver = false;

  come(): void {
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

  /** How many of this group are in progress. */
  count(key: string): number {
    const group = this.#groups.get(key);
    if (group === undefined) return 0;
    const oldest = this.#clock.now() - LONGEST_MS;
    return [...group.attempts.values()].filter((began) => began > oldest).length;
  }

  /** When one of this group ends; undefined where none is in progress. */
  nextEnd(key: string): { readonly isOver: boolean; readonly promise: Promise<void> } | undefined {
    return this.#groups.get(key)?.nextEnd;
  }

  /** Begins an attempt that counts in all of these groups; disposed of, it has ended. */
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
      nextEnd.come();
    }
  }
}
