import type { Clock } from "../lib/time/clock.ts";

/** A clock that only the test moves. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #calls = new Set<
    { readonly at: number; readonly callback: () => void }
  >();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): Disposable {
    const call = { at: this.#now + milliseconds, callback };
    this.#calls.add(call);
    return { [Symbol.dispose]: () => void this.#calls.delete(call) };
  }

  /** How many calls are pending. */
  get pending(): number {
    return this.#calls.size;
  }

  /** Moves the clock, and makes the calls that fall due, in order of time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#calls].filter(({ at }) => at <= end).sort((
        a,
        b,
      ) => a.at - b.at);
      if (next === undefined) break;
      this.#calls.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }
}
