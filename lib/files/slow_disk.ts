/** One disk that may be slow: how many calls wait for it, and whether it has become fast again. */
import type { Clock } from "../time/clock.ts";

/** A call that takes longer is slow. */
export const SLOW_MS = 20;
/** So many calls wait for one disk; for all slow disks together, but for one call each. */
const MOST_CALLS = 8;
const MOST_TOGETHER = 24;
/** A call that takes longer fails, so that its session can go on. */
const ANSWER_MS = 30_000;
/** After so many fast calls in a row, and so long after the last slow one, a disk counts as fast again. */
const FAST_CALLS = 8;
const LEAST_WAIT_MS = 1_000;
/** The wait doubles each time, up to this. After as long a time without a slow call, it is the least one again. */
const MOST_WAIT_MS = 3_600_000;

/** How many calls wait for all slow disks together. */
export interface WaitingCalls {
  count: number;
}

export class SlowDisk {
  readonly #clock: Clock;
  readonly #all: WaitingCalls;
  /** Whether it never counts as fast. */
  readonly #isRemote: boolean;
  #isSlow: boolean;
  /** When each call that waits for the disk began, the first one first. */
  readonly #running = new Set<{ readonly began: number }>();
  /** Calls that wait for their turn. */
  readonly #queue = new Set<() => void>();
  #lastSlowAt = -Infinity;
  #fastCalls = 0;
  #waitMs = LEAST_WAIT_MS;

  constructor(clock: Clock, all: WaitingCalls, isRemote: boolean) {
    this.#clock = clock;
    this.#all = all;
    this.#isRemote = isRemote;
    this.#isSlow = isRemote;
  }

  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** A call was slow. */
  wasSlow(): void {
    const now = this.#clock.now();
    if (!this.#isSlow) {
      const wasLongFast = now - this.#lastSlowAt > MOST_WAIT_MS;
      this.#waitMs = wasLongFast ? LEAST_WAIT_MS : Math.min(2 * this.#waitMs, MOST_WAIT_MS);
    }
    this.#isSlow = true;
    this.#lastSlowAt = now;
    this.#fastCalls = 0;
  }

  /**
   * Makes an asynchronous call when it is its turn.
   *
   * @param release gets a result that comes too late
   * @throws {Deno.errors.TimedOut} when the disk does not answer
   */
  run<T>(call: () => Promise<T>, release: (late: T) => void = () => {}): Promise<T> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const begin = async () => {
        const done = this.#begin();
        try {
          const result = await call();
          if (isLate) release(result);
          else resolve(result);
        } catch (error) {
          reject(error);
        } finally {
          timer[Symbol.dispose]();
          done();
        }
      };
      const timer = this.#clock.after(ANSWER_MS, () => {
        isLate = true;
        this.#queue.delete(begin);
        reject(new Deno.errors.TimedOut(`The disk has not answered for ${ANSWER_MS / 1_000} s`));
      });
      this.#queue.add(begin);
      this.#goOn();
    });
  }

  #goOn(): void {
    for (const begin of this.#queue) {
      const others = this.#all.count - this.#running.size;
      if (this.#running.size >= Math.max(1, Math.min(MOST_CALLS, MOST_TOGETHER - others))) return;
      this.#queue.delete(begin);
      begin();
    }
  }

  /** Counts a call as running; the result is called when it is done. */
  #begin(): () => void {
    const call = { began: this.#clock.now() };
    this.#running.add(call);
    this.#all.count++;
    return () => {
      this.#running.delete(call);
      this.#all.count--;
      this.#measure(call.began);
      this.#goOn();
    };
  }

  #measure(began: number): void {
    const now = this.#clock.now();
    if (now - began > SLOW_MS) return this.wasSlow();
    this.#fastCalls++;
    if (this.#isRemote || this.#fastCalls < FAST_CALLS) return;
    const [oldest] = this.#running;
    // A call that hangs is slow, too, although it has no end yet.
    if (oldest !== undefined && now - oldest.began > SLOW_MS) return;
    if (now - this.#lastSlowAt >= this.#waitMs) this.#isSlow = false;
  }
}
