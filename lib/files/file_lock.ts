/**
 * A lock that counts across processes and dies with its holder: the system's own, on a regular file of ours.
 *
 * The folder that is guarded is never opened for it, since others may have put something else in its place. The file
 * goes away with the lock. Whoever gets the lock makes sure that the file is still the one that the name means: the
 * last holder may have removed it in between. `Deno.open` for reading and writing does not wait at a FIFO.
 *
 * Where the file system has no locks, a lock counts within this process only.
 */
import { dirname } from "@std/path";
import type { Clock } from "../time/clock.ts";
import { isSameInode } from "./file_identity.ts";
import { lockWithinProcess } from "./lock_within_process.ts";
import { nullIfGone } from "./null_if_gone.ts";

/** Somebody else has the lock, and kept it for as long as we waited. */
export class LockedError extends Error {
  override readonly name = "LockedError";

  constructor(path: string) {
    super(`${path} is locked by another process`);
  }
}

/** Others can come between so often; then something else is wrong, such as a file in the place of our folder. */
const MOST_ATTEMPTS = 1_000;
/**
 * A lock that waits in the system would take one of the threads that all asynchronous file work shares. So it is tried
 * again and again: often at first, or another process that takes it as soon as it has given it back would always win.
 */
const EAGER_MS = 200;
const EAGER_RETRY_MS = 1;
const RETRY_MS = 16;
/** A deletion of 100 000 files on a slow disk takes less. */
const PATIENCE_MS = 30_000;

/**
 * Waits for the lock.
 *
 * @param path the file; its folder is made for it, and goes away with it when it is empty
 * @throws {LockedError} when another process keeps it for half a minute
 */
export async function lockFile(path: string, clock: Clock): Promise<Disposable> {
  const place = await lockWithinProcess(path);
  try {
    const since = clock.now();
    for (;;) {
      const lock = tryLockFile(path);
      if (lock !== null) {
        return {
          [Symbol.dispose]() {
            lock[Symbol.dispose]();
            place[Symbol.dispose]();
          },
        };
      }
      const waited = clock.now() - since;
      if (waited >= PATIENCE_MS) throw new LockedError(path);
      const retryMs = waited < EAGER_MS ? EAGER_RETRY_MS : RETRY_MS;
      await new Promise<void>((resolve) => clock.after(retryMs, resolve));
    }
  } catch (error) {
    place[Symbol.dispose]();
    throw error;
  }
}

/** The lock, or null while somebody else has it. */
export function tryLockFile(path: string): Disposable | null {
  for (let attempt = 1;; attempt++) {
    const file = openOrNull(path, attempt === MOST_ATTEMPTS);
    if (file === null) continue;
    let isHeld = false;
    try {
      if (!isNamed(file, path)) {
        if (attempt === MOST_ATTEMPTS) throw new Error(`${path} is no regular file`);
        continue;
      }
      if (!tryLock(file, path)) return null;
      isHeld = isNamed(file, path);
      if (isHeld) return { [Symbol.dispose]: () => giveBack(file, path) };
    } finally {
      if (!isHeld) file.close();
    }
  }
}

/** The locks that count within this process only, since their file system has none. */
const heldHere = new Set<string>();

function tryLock(file: Deno.FsFile, path: string): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    if (heldHere.has(path)) return false;
    heldHere.add(path);
    return true;
  }
}

/** Null when our folder was removed while it was made, or between making it and this: that may be tried again. */
function openOrNull(path: string, isLast: boolean): Deno.FsFile | null {
  try {
    makeFolder(dirname(path));
    return Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    // A folder that goes away while it is made may be said to be there already, and is not.
    const isRace = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.AlreadyExists;
    if (isRace && !isLast) return null;
    throw error;
  }
}

function makeFolder(path: string): void {
  if (nullIfGone(() => Deno.lstatSync(path)) !== null) return;
  Deno.mkdirSync(path, { mode: 0o700 });
}

function isNamed(file: Deno.FsFile, path: string): boolean {
  const named = nullIfGone(() => Deno.lstatSync(path));
  return named?.isFile === true && isSameInode(file.statSync(), named);
}

/** The name goes first, then the lock: nobody gets a lock on a name that is about to go. */
function giveBack(file: Deno.FsFile, path: string): void {
  heldHere.delete(path);
  try {
    Deno.removeSync(path);
    Deno.removeSync(dirname(path));
  } catch {
    // Something else of ours keeps the folder, or the mailbox is gone.
  }
  file.close();
}
