/**
 * A lock on a folder among the sessions of this process, in order of asking: for systems that cannot lock a folder
 * (Windows, some network file systems), where other processes are not kept out.
 */
const lastInLine = new Map<string, Promise<void>>();

/** The same without waiting; null while somebody else has it. */
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
