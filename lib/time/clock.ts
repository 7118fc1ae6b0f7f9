/** The clock that all timeouts use. Tests pass a clock that they move themselves. */

/** Tells the time and calls back later. */
export interface Clock {
  /** Milliseconds since some fixed instant; never runs backwards. */
  now(): number;
  /** Calls `callback` once after these milliseconds, unless the returned handle is disposed of before. */
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
