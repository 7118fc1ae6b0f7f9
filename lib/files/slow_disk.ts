/** One disk: whether it is slow, and which calls wait for it. */
import type { Clock } from "../time/clock.ts";
import type { Turns, WaitingCalls } from "./turns.ts";

/** A call that takes longer is slow. */
export const SLOW_MS = 20;
/** Of a disk that is fast, an asynchronous call that takes longer is: it may have waited for a thread, and for our own. */
const SLOW_LATER_MS = 1_000;
/** So many calls wait for one disk. */
const MOST_CALLS = 8;
const MOST_CALLS_IF_FAST = 16;
/** On a slow disk, a call that takes longer fails, so that its session can go on. */
const ANSWER_MS = 30_000;
/** After so many fast calls in a row, and so long after the last slow one, a disk counts as fast again. */
const FAST_CALLS = 8;
const LEAST_WAIT_MS = 1_000;
/** The wait doubles each time, up to this. After as long a time without a slow call, it is the least one again. */
const MOST_WAIT_MS = 3_600_000;

/** More about a call. */
export interface CallOptions<T> {
  /** Gets a result that comes too late. */
  readonly release?: (late: T) => void;
  /** Whether it is made even if nobody waits for it any more. */
  readonly mustRun?: boolean;
  /** Whether it takes long on a fast disk, too: it writes everything to the disk. */
  readonly isLong?: boolean;
}

/** What all disks share. */
export interface AllDisks {
  readonly clock: Clock;
  readonly turns: Turns;
  /** Those that are slow. */
  readonly slow: Set<SlowDisk>;
}

export class SlowDisk implements WaitingCalls {
  readonly #all: AllDisks;
  /** Whether its answers come from elsewhere; then it never counts as fast. */
  readonly isRemote: boolean;
  /** When each running call began, the first one first. */
  readonly #running = new Set<{ readonly began: number }>();
  /** Calls that wait for their turn. */
  readonly #queue = new Set<() => void>();
  #lastSlowAt = -Infinity;
  #fastCalls = 0;
  #waitMs = LEAST_WAIT_MS;

  constructor(all: AllDisks, isRemote: boolean) {
    this.#all = all;
    this.isRemote = isRemote;
    if (isRemote) all.slow.add(this);
  }

  get isSlow(): boolean {
    return this.#all.slow.has(this);
  }

  get running(): number {
    return this.#running.size;
  }

  get most(): number {
    return this.isSlow ? MOST_CALLS : MOST_CALLS_IF_FAST;
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0;
  }

  /** A call was slow. */
  wasSlow(): void {
    const now = this.#all.clock.now();
    if (!this.isSlow) {
      const wasLongFast = now - this.#lastSlowAt > MOST_WAIT_MS;
      this.#waitMs = wasLongFast ? LEAST_WAIT_MS : Math.min(2 * this.#waitMs, MOST_WAIT_MS);
    }
    this.#all.slow.add(this);
    this.#lastSlowAt = now;
    this.#fastCalls = 0;
  }

  /**
   * Makes an asynchronous call when it is its turn.
   *
   * @throws {Deno.errors.TimedOut} when it does not get its turn, or a slow disk does not answer
   */
  run<T>(
    call: () => Promise<T>,
    { release, mustRun = false, isLong = false }: CallOptions<T> = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      let isTimed = true;
      let timer: Disposable | null = null;
      const begin = async () => {
        if (!this.isSlow) isTimed = false;
        if (!isTimed) timer?.[Symbol.dispose]();
        const done = this.#begin(isLong);
        try {
          const result = await call();
          if (isLate) release?.(result);
          else resolve(result);
        } catch (error) {
          reject(error);
        } finally {
          isTimed = false;
          timer?.[Symbol.dispose]();
          done();
        }
      };
      this.#queue.add(begin);
      this.#all.turns.join(this);
      // Most calls on a fast disk have begun by now: a timer would take as long as all the rest here.
      if (!isTimed) return;
      timer = this.#all.clock.after(ANSWER_MS, () => {
        isLate = true;
        if (!mustRun) this.#queue.delete(begin);
        reject(new Deno.errors.TimedOut(`The disk has not answered for ${ANSWER_MS / 1_000} s`));
      });
    });
  }

  beginNext(): void {
    for (const begin of this.#queue) {
      this.#queue.delete(begin);
      return begin();
    }
  }

  /** Counts a call as running; the result is called when it is done. */
  #begin(isLong: boolean): () => void {
    const call = { began: this.#all.clock.now() };
    this.#running.add(call);
    return () => {
      this.#running.delete(call);
      if (!isLong) this.#measure(call.began);
      this.#all.turns.end();
    };
  }

  #measure(began: number): void {
    const now = this.#all.clock.now();
    if (now - began > (this.isSlow ? SLOW_MS : SLOW_LATER_MS)) return this.wasSlow();
    if (!this.isSlow || this.isRemote) return;
    this.#fastCalls++;
    if (this.#fastCalls < FAST_CALLS) return;
    const [oldest] = this.#running;
    // A call that hangs is slow, too, although it has no end yet.
    if (oldest !== undefined && now - oldest.began > SLOW_MS) return;
    if (now - this.#lastSlowAt >= this.#waitMs) this.#all.slow.delete(this);
  }
}
