/** Long work on the event loop, in slices so short that no other session is held up. */

const NOTHING = new Uint8Array();

/** Twice the time that a turn of the event loop takes when nothing else is to be done. */
const QUIET_MS = 0.15;

/** The most turns of the event loop before the work goes on. */
const MOST_TURNS = 16;

/** Yields to the event loop whenever a slice is used up. */
export class TimeSlice {
  readonly #milliseconds: number;
  #startedAt = performance.now();

  /** @param milliseconds the longest stretch of work before yielding to the event loop */
  constructor(milliseconds = 2) {
    this.#milliseconds = milliseconds;
  }

  /** Returns at once within a slice; else when nothing else is to be done, or after some turns of the event loop. */
  async pause(): Promise<void> {
    if (performance.now() - this.#startedAt < this.#milliseconds) return;
    for (let turn = 0, quiet = false; turn < MOST_TURNS && !quiet; turn++) {
      const before = performance.now();
      // Made on another thread: meanwhile Deno polls the network, and runs other sessions.
      await crypto.subtle.digest("SHA-1", NOTHING);
      quiet = performance.now() - before < QUIET_MS;
    }
    this.#startedAt = performance.now();
  }
}
