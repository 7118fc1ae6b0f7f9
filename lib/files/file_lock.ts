/**
 * A lock across processes: the system's own lock, on a regular file that we make for it. It ends when the process that
 * holds it ends.
 *
 * We never lock the guarded folder itself, since others may have put something else in its place. The lock file is
 * removed with the lock, so the next process that gets the lock checks that the name still means that file.
 * `Deno.open` for reading and writing does not wait at a FIFO.
 *
 * Where the file system has no locks, a lock keeps out only the other sessions of this process.
 *
 * On a slow disk (slow_disks.ts), each call is made on another thread, and nobody waits until a lock has been given back,
 * but for the next session of this process that wants it.
 */
import { dirname } from "@std/path";
import type { Awaitable } from "../protocol/reply.ts";
import type { Clock } from "../time/clock.ts";
import { isSameInode } from "./file_identity.ts";
import { lockWithinProcess } from "./lock_within_process.ts";
import { nullIfGone, nullIfNotFound } from "./null_if_gone.ts";
import { type SlowDisks, slowDisks } from "./slow_disks.ts";

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
 * @param disks for tests
 * @throws {LockedError} when another process keeps it for half a minute
 */
export async function lockFile(
  path: string,
  clock: Clock,
  disks: SlowDisks = slowDisks,
): Promise<Disposable> {
  const place = await lockWithinProcess(path);
  try {
    const since = clock.now();
    for (;;) {
      const lock = await tryLockFile(path, disks);
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

/**
 * Takes the lock without waiting; null while another process has it.
 *
 * @param disks for tests
 */
export async function tryLockFile(
  path: string,
  disks: SlowDisks = slowDisks,
): Promise<Disposable | null> {
  await beingGivenBack.get(path);
  for (let attempt = 1;; attempt++) {
    const file = await openOrNull(path, disks, attempt === MOST_ATTEMPTS);
    if (file === null) continue;
    let isLocked = false;
    let isHeld = false;
    try {
      if (!await isNamed(file, path, disks)) {
        if (attempt === MOST_ATTEMPTS) throw new Error(`${path} is not a regular file`);
        continue;
      }
      isLocked = await tryLock(file, path, disks);
      if (!isLocked) return null;
      isHeld = await isNamed(file, path, disks);
      if (isHeld) return { [Symbol.dispose]: () => giveBack(file, path, disks) };
    } finally {
      if (isLocked && !isHeld) heldHere.delete(path);
      if (!isHeld) file.close();
    }
  }
}

/** Locks that count within this process only, since their file system has none. */
const heldHere = new Set<string>();

async function tryLock(file: Deno.FsFile, path: string, disks: SlowDisks): Promise<boolean> {
  try {
    return await disks.call(path, () => file.tryLockSync(true), () => file.tryLock(true));
  } catch (error) {
    if (error instanceof Deno.errors.TimedOut) throw error;
    if (heldHere.has(path)) return false;
    heldHere.add(path);
    return true;
  }
}

const OPEN: Deno.OpenOptions = { read: true, write: true, create: true, mode: 0o600 };

/** Null when another process removed our folder in between: the caller tries again. */
async function openOrNull(
  path: string,
  disks: SlowDisks,
  isLast: boolean,
): Promise<Deno.FsFile | null> {
  try {
    await makeFolder(dirname(path), disks);
    return await disks.call(
      path,
      () => Deno.openSync(path, OPEN),
      () => Deno.open(path, OPEN),
      (late) => late.close(),
    );
  } catch (error) {
    // `mkdir` may report as existing a folder that is being removed.
    const isRace = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.AlreadyExists;
    if (isRace && !isLast) return null;
    throw error;
  }
}

async function makeFolder(path: string, disks: SlowDisks): Promise<void> {
  if (await look(path, disks) !== null) return;
  const options = { mode: 0o700 };
  await disks.call(path, () => Deno.mkdirSync(path, options), () => Deno.mkdir(path, options));
}

async function isNamed(file: Deno.FsFile, path: string, disks: SlowDisks): Promise<boolean> {
  const named = await look(path, disks);
  return named?.isFile === true &&
    isSameInode(await disks.call(path, () => file.statSync(), () => file.stat()), named);
}

function look(path: string, disks: SlowDisks): Awaitable<Deno.FileInfo | null> {
  return disks.call(
    path,
    () => nullIfGone(() => Deno.lstatSync(path)),
    () => Deno.lstat(path).catch(nullIfNotFound),
  );
}

/** Removes the name before the lock, so that nobody locks a file whose name is about to go. */
function giveBack(file: Deno.FsFile, path: string, disks: SlowDisks): void {
  if (disks.isSlow(path)) return giveBackLater(file, path, disks);
  heldHere.delete(path);
  try {
    Deno.removeSync(path);
    Deno.removeSync(dirname(path));
  } catch {
    // The folder holds other files of the server, or the mailbox is gone.
  }
  file.close();
}

/** Locks that are being given back on other threads. */
const beingGivenBack = new Map<string, Promise<void>>();

function giveBackLater(file: Deno.FsFile, path: string, disks: SlowDisks): void {
  const end = async () => {
    try {
      await Deno.remove(path);
      await Deno.remove(dirname(path));
    } catch {
      // As above.
    }
    // Closing gives back the lock as well, but always waits for the disk.
    await file.unlock().catch(() => {});
    file.close();
    heldHere.delete(path);
  };
  const given = disks.run(path, end, { mustRun: true })
    .catch(() => {})
    .finally(() => beingGivenBack.delete(path));
  beingGivenBack.set(path, given);
}
