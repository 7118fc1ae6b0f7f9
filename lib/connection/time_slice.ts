/** Long work on the event loop, in slices so short that no other session notices. */

/**
 * Deno looks for what has come over the network when it has nothing else to do, and else in every 61st turn of its loop.
 * So many turns, of 3 µs each, make it look twice; a timer would take 2 ms.
 */
const TURNS = 128;

/** Lets the others run whenever a slice is used up. */
export class TimeSlice {
  readonly #milliseconds: number;
  #startedAt = performance.now();

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Goes on at once within a slice; else behind whatever else is ready. */
  async pause(): Promise<void> {
    if (performance.now() - this.#startedAt < this.#milliseconds) return;
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#startedAt = performance.now();
  }
}
