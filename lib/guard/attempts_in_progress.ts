/**
 * Counts the login attempts that the provider has not answered yet, in groups: those from one network, or with one
 * secret. Attempts that must wait until their group has fewer stand in a queue.
 *
 * An attempt that stays unanswered counts for a minute; after that it no longer blocks others.
 *
 * The end of an attempt wakes the first of the queue alone: if it woke all, then each of a hundred clients that wait
 * would be decided again at each end. Whoever is woken wakes the next one when it has been decided, whatever was
 * decided; only one that must wait again in the same queue does not. So nobody sleeps while there is room.
 */
import type { Clock } from "../time/clock.ts";
import { Deadline, Deadlines } from "../time/deadlines.ts";

const LONGEST_MS = 60_000;

/** What knows whether an attempt of a group has ended since. */
export interface NextEnd {
  readonly isOver: boolean;
}

/** What an attempt gets when it is woken. It must hand it on when it has been decided. */
interface Wake {
  readonly group: Group;
  handOn(): void;
}

interface Group {
  /** When each attempt began. */
  readonly attempts: Map<symbol, number>;
  /** Those that wait, the first in front. */
  readonly queue: (() => void)[];
  nextEnd: { isOver: boolean };
}

export class AttemptsInProgress {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();
  /** When each that waits is woken at the latest. */
  readonly #deadlines: Deadlines;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
  }

  /** How many attempts of this group are in progress. */
  count(key: string): number {
    const group = this.#groups.get(key);
    return group === undefined ? 0 : this.#counted(group).length;
  }

  /** The next end of an attempt of this group; undefined where none is in progress. */
  nextEnd(key: string): NextEnd | undefined {
    return this.#groups.get(key)?.nextEnd;
  }

  /**
   * Waits until an attempt of this group has ended, or has lasted so long that it no longer counts; or for `other`.
   *
   * @param last the wake after which the same attempt must wait again. In the same queue it stands in front.
   */
  async untilFewer(key: string, other: Promise<void>, last: Wake | null): Promise<Wake | null> {
    const group = this.#groups.get(key);
    const isBack = last !== null && last.group === group;
    if (!isBack) last?.handOn();
    if (group === undefined) return null;
    const { promise: isWoken, resolve: wake } = Promise.withResolvers<void>();
    if (isBack) group.queue.unshift(wake);
    else group.queue.push(wake);
    const deadline = new Deadline(wake);
    deadline.at = Math.min(...this.#counted(group), this.#clock.now()) + LONGEST_MS;
    this.#deadlines.add(deadline);
    await Promise.race([isWoken, other]);
    this.#deadlines.delete(deadline);
    const place = group.queue.indexOf(wake);
    if (place !== -1) group.queue.splice(place, 1);
    return { group, handOn: () => this.#wakeNext(key, group) };
  }

  /** Begins an attempt that counts in all of these groups until it is disposed of. */
  begin(keys: readonly string[]): Disposable {
    const id = Symbol();
    for (const key of keys) {
      const group = this.#groups.get(key) ??
        { attempts: new Map(), queue: [], nextEnd: { isOver: false } };
      group.attempts.set(id, this.#clock.now());
      this.#groups.set(key, group);
    }
    return { [Symbol.dispose]: () => this.#end(keys, id) };
  }

  #end(keys: readonly string[], id: symbol): void {
    for (const key of keys) {
      const group = this.#groups.get(key);
      if (group?.attempts.delete(id) !== true) continue;
      group.nextEnd.isOver = true;
      group.nextEnd = { isOver: false };
      this.#wakeNext(key, group);
    }
  }

  #wakeNext(key: string, group: Group): void {
    group.queue.shift()?.();
    if (group.attempts.size > 0 || group.queue.length > 0) return;
    if (this.#groups.get(key) === group) this.#groups.delete(key);
  }

  #counted({ attempts }: Group): readonly number[] {
    const oldest = this.#clock.now() - LONGEST_MS;
    return [...attempts.values()].filter((began) => began > oldest);
  }
}

/** Where an attempt waits, in one queue after the other. Disposed of, it hands on the wake that it got. */
export class Place implements Disposable {
  readonly #abandoned: Promise<void>;
  #wake: Wake | null = null;

  constructor(abandoned: Promise<void>) {
    this.#abandoned = abandoned;
  }

  async untilFewer(attempts: AttemptsInProgress, key: string): Promise<void> {
    this.#wake = await attempts.untilFewer(key, this.#abandoned, this.#wake);
  }

  [Symbol.dispose](): void {
    this.#wake?.handOn();
    this.#wake = null;
  }
}
