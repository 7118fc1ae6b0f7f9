/**
 * A lock among the sessions of this process, which get it in the order in which they ask. It does not keep out other
 * processes.
 */
const lastInLine = new Map<string, Promise<void>>();

/** Takes the lock without waiting; null while another session has it. */
export function tryLockWithinProcess(path: string): Disposable | null {
  if (lastInLine.has(path)) return null;
  return held(path, Promise.withResolvers<void>());
}

export async function lockWithinProcess(folder: string): Promise<Disposable> {
  const before = lastInLine.get(folder);
  const lock = held(folder, Promise.withResolvers<void>());
  await before;
  return lock;
}

function held(
  path: string,
  { promise, resolve }: PromiseWithResolvers<void>,
): Disposable {
  lastInLine.set(path, promise);
  return {
    [Symbol.dispose]() {
      resolve();
      if (lastInLine.get(path) === promise) lastInLine.delete(path);
    },
  };
}
