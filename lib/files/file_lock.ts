/**
 * A lock across processes: the system's own lock, on a regular file that we make for it. It ends when the process that
 * holds it ends.
 *
 * We never lock the guarded folder itself, since others may have put something else in its place. The lock file is
 * removed with the lock, so the next process that gets the lock checks that the name still means that file.
 * `Deno.open` for reading and writing does not wait at a FIFO.
 *
 * Where the file system has no locks, a lock keeps out only the other sessions of this process.
 */
import { dirname } from "@std/path";
import type { Clock } from "../time/clock.ts";
import { isSameInode } from "./file_identity.ts";
import { lockWithinProcess } from "./lock_within_process.ts";
import { nullIfGone } from "./null_if_gone.ts";

/** Another process kept the lock for as long as we waited. */
export class LockedError extends Error {
  override readonly name = "LockedError";

  constructor(path: string) {
    super(`${path} is locked by another process`);
  }
}

/** No race is lost this often: something else is wrong, such as a file in the place of our folder. */
const MOST_ATTEMPTS = 1_000;
/**
 * Waiting inside the system would block one of the threads that do all asynchronous file work, so we try repeatedly.
 * We try often at first; otherwise a process that takes the lock again at once would always win.
 */
const EAGER_MS = 200;
const EAGER_RETRY_MS = 1;
const RETRY_MS = 16;
/** Longer than the deletion of 100 000 files on a slow disk. */
const PATIENCE_MS = 30_000;

/**
 * Waits for the lock.
 *
 * @param path the lock file; its folder is made if needed, and removed with it when empty
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

/** Takes the lock without waiting; null while another process has it. */
export function tryLockFile(path: string): Disposable | null {
  for (let attempt = 1;; attempt++) {
    const file = openOrNull(path, attempt === MOST_ATTEMPTS);
    if (file === null) continue;
    let isHeld = false;
    try {
      if (!isNamed(file, path)) {
        if (attempt === MOST_ATTEMPTS) throw new Error(`${path} is not a regular file`);
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

/** Locks that count within this process only, since their file system has none. */
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

/** Null when another process removed our folder in between: the caller tries again. */
function openOrNull(path: string, isLast: boolean): Deno.FsFile | null {
  try {
    makeFolder(dirname(path));
    return Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    // `mkdir` may report as existing a folder that is being removed.
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

/** Removes the name before the lock, so that nobody locks a file whose name is about to go. */
function giveBack(file: Deno.FsFile, path: string): void {
  heldHere.delete(path);
  try {
    Deno.removeSync(path);
    Deno.removeSync(dirname(path));
  } catch {
    // The folder holds other files of the server, or the mailbox is gone.
  }
  file.close();
}
