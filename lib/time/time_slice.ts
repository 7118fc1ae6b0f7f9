/** Divides long work on the event loop into slices, so short that no other session has to wait. */

const NOTHING = new Uint8Array();

/** Twice the time that a turn of the event loop takes when there is nothing else to do. */
const QUIET_MS = 0.15;

/** The most turns of the event loop before the work goes on. */
const MOST_TURNS = 16;

/** Yields to the event loop each time that a slice is used up. */
export class TimeSlice {
  readonly #milliseconds: number;
  #startedAt = performance.now();

  /** @param milliseconds the longest stretch of work before yielding to the event loop */
  constructor(milliseconds = 2) {
    this.#milliseconds = milliseconds;
  }

  /** Within a slice, returns nothing to wait for. Afterwards, waits some turns of the event loop, fewer if it has nothing to do. */
  pause(): Promise<void> | undefined {
    const isOver = performance.now() - this.#startedAt >= this.#milliseconds;
    return isOver ? this.#yield() : undefined;
  }

  async #yield(): Promise<void> {
    for (let turn = 0, quiet = false; turn < MOST_TURNS && !quiet; turn++) {
      const before = performance.now();
      // Deno computes this on another thread; meanwhile it polls the network and runs other sessions.
      await crypto.subtle.digest("SHA-1", NOTHING);
      quiet = performance.now() - before < QUIET_MS;
    }
    this.#startedAt = performance.now();
  }
}
