/** Long work on the event loop, in slices so short that no other session notices. */

const SLICE_MS = 4;

/** Lets the others run whenever a slice is used up. */
export class TimeSlice {
  #startedAt = performance.now();

  /** Goes on at once within a slice; else behind whatever else is ready. */
  async pause(): Promise<void> {
    if (performance.now() - this.#startedAt < SLICE_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#startedAt = performance.now();
  }
}
