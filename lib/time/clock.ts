/** Time, so that a test can hold it in its hand. */

/** Tells the time and calls back later. */
export interface Clock {
  /** Milliseconds since some fixed instant; never runs backwards. */
  now(): number;
  /** Calls back once after so many milliseconds, unless the handle is disposed of first. */
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
