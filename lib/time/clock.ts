/** The clock behind every timeout; tests pass one that they move themselves. */

/** Tells the time and calls back later. */
export interface Clock {
  /** Milliseconds since some fixed instant; never runs backwards. */
  now(): number;
  /** Calls back once after these milliseconds, unless the handle is disposed of first. */
  after(milliseconds: number, callback: () => void): Disposable;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
