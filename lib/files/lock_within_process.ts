/**
 * A lock on a folder among the sessions of this process, in order of asking: for systems that cannot lock a folder
 * (Windows, some network file systems), where other processes are not kept out.
 */
const lastInLine = new Map<string, Promise<void>>();

export async function lockWithinProcess(folder: string): Promise<Disposable> {
  const before = lastInLine.get(folder);
  const { promise, resolve } = Promise.withResolvers<void>();
  lastInLine.set(folder, promise);
  await before;
  return {
    [Symbol.dispose]() {
      resolve();
      if (lastInLine.get(folder) === promise) lastInLine.delete(folder);
    },
  };
}
