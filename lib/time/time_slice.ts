/** Long work on the event loop, in slices so short that no other session notices. */

const NOTHING = new Uint8Array();

/** What a look takes when nobody else has anything to do, and as much again. */
const QUIET_MS = 0.15;

/** So many looks at most: the others get their turn, and so does this one. */
const LOOKS = 16;

/** Lets the others run whenever a slice is used up. */
export class TimeSlice {
  readonly #milliseconds: number;
  #startedAt = performance.now();

  /** @param milliseconds the longest stretch of work before yielding to the event loop */
  constructor(milliseconds = 2) {
    this.#milliseconds = milliseconds;
  }

  /** Goes on at once within a slice; else when the others have nothing to do, or have had their turns. */
  async pause(): Promise<void> {
    if (performance.now() - this.#startedAt < this.#milliseconds) return;
    for (let look = 0, quiet = false; look < LOOKS && !quiet; look++) {
      const before = performance.now();
      // It is made in a thread: meanwhile Deno has nothing else to do, and looks for what has come over the network.
      await crypto.subtle.digest("SHA-1", NOTHING);
      quiet = performance.now() - before < QUIET_MS;
    }
    this.#startedAt = performance.now();
  }
}
