/**
 * Moves the time of day, until it is disposed of. The times of files do not move, and nobody can set that of their last
 * change: after a minute, a file system shows the next change for certain.
 */
export function aMinuteLater(): Disposable {
  const { now } = Date;
  Date.now = () => now() + 60_000;
  return {
    [Symbol.dispose]() {
      Date.now = now;
    },
  };
}
