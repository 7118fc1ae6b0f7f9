/**
 * The dot-lock `NAME.lock`, by which most programs keep others out of an mbox.
 *
 * - We write our dot-lock under another name and link it into place. It holds the name of our own lock that goes with it
 *   (mbox_place.ts). If we hold that lock and find such a dot-lock, the process that left it is gone, and we remove it.
 * - Any other dot-lock, even an empty one, belongs to somebody. We break it only when it is twenty minutes old and
 *   nobody has a flock on the mbox, and log that. A file that holds a message is not a lock, and never removed.
 */
import { isDiskFull } from "../../files/cannot_write.ts";
import type { FileSystem } from "../../files/file_system.ts";

const STALE_AFTER_MS = 1_200_000;

/** What an earlier version of the server wrote into its dot-locks. */
const OLD_MARK = "pop3svc\n";
/** A larger file is not our dot-lock. */
const MARK_OCTETS = 8_192;

/** What is needed to make a dot-lock. */
export interface DotLockOptions {
  readonly files: FileSystem;
  /** The path by which we open the mbox. */
  readonly path: string;
  /** The path without links, by which other programs lock it. */
  readonly realPath: string;
  /** A name that only this process uses, under which the dot-lock is written. */
  readonly temporary: string;
  readonly report: (error: Error) => void;
}

/** Whether there is a dot-lock, whoever made it. */
export async function hasDotLock(files: FileSystem, realPath: string): Promise<boolean> {
  return await files.look(dotLockOf(realPath)) !== null;
}

/** Whether another program has a dot-lock: `held`, or `old` if that program may have forgotten it. */
export async function dotLockOfOthers(
  files: FileSystem,
  realPath: string,
): Promise<"held" | "old" | null> {
  const path = dotLockOf(realPath);
  const found = await files.look(path);
  if (found === null || await readMark(files, path) !== null) return null;
  return isOld(found) ? "old" : "held";
}

/** Whether there is a dot-lock of this server: of a session that deletes, or of a process that is gone. */
export async function isOwnDotLock(files: FileSystem, realPath: string): Promise<boolean> {
  return await readMark(files, dotLockOf(realPath)) !== null;
}

/** Takes the dot-lock; null while somebody else has it. Disposing gives it back. */
export async function takeDotLock(options: DotLockOptions): Promise<AsyncDisposable | null> {
  const { files, realPath, temporary } = options;
  const path = dotLockOf(realPath);
  for (;;) {
    const found = await files.look(path);
    if (found === null) {
      const made = await makeDotLock(files, path, temporary);
      if (made === "taken") continue;
      return { [Symbol.asyncDispose]: () => made ? giveBack(files, path) : Promise.resolve() };
    }
    const mark = await readMark(files, path);
    if (mark !== OLD_MARK && mark?.endsWith(`\n${ownerLine(temporary)}`) !== true) {
      if (!isOld(found) || !await isLock(files, path) || await isFlocked(files, options.path)) {
        return null;
      }
      options.report(
        new Error(
          `${path} is older than twenty minutes, and nobody has the mbox open: it is removed`,
        ),
      );
    }
    await files.remove(path);
  }
}

/** Makes the dot-lock; false where none can be made. */
async function makeDotLock(
  files: FileSystem,
  path: string,
  temporary: string,
): Promise<boolean | "taken"> {
  const mark = new TextEncoder().encode(markOf(temporary));
  if (await files.look(temporary) !== null) await files.remove(temporary);
  try {
    using file = await files.create(temporary, 0o644);
    await file.write(mark);
  } catch (error) {
    await files.remove(temporary).catch(() => {});
    // An empty one would not say that it is ours, and would stay after a crash.
    if (isDiskFull(error)) return false;
    throw error;
  }
  try {
    await files.link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return "taken";
    return await makeUnlinked(files, path, mark);
  } finally {
    await files.remove(temporary).catch(() => {});
  }
}

/** Makes the dot-lock without a link: on another disk than that of our folder, and where there are no links. */
async function makeUnlinked(
  files: FileSystem,
  path: string,
  mark: Uint8Array,
): Promise<boolean | "taken"> {
  let file;
  try {
    file = await files.create(path, 0o644);
  } catch (error) {
    return error instanceof Deno.errors.AlreadyExists ? "taken" : false;
  }
  try {
    using _open = file;
    await file.write(mark);
    return true;
  } catch (error) {
    await files.remove(path).catch(() => {});
    if (isDiskFull(error)) return false;
    throw error;
  }
}

async function giveBack(files: FileSystem, path: string): Promise<void> {
  // A dot-lock that cannot be removed now is recognised as ours the next time, and removed then.
  await files.remove(path).catch(() => {});
}

/** The text of our dot-lock; null for a dot-lock of another program. */
async function readMark(files: FileSystem, path: string): Promise<string | null> {
  try {
    using file = await files.open(path, true);
    if (file === null || file.info.size > MARK_OCTETS) return null;
    const octets = new Uint8Array(file.info.size);
    const count = file.readNow(octets, 0);
    const text = new TextDecoder().decode(octets.subarray(0, count));
    return text === OLD_MARK || /^\d+\npop3svc .+\n$/.test(text) ? text : null;
  } catch {
    return null;
  }
}

/**
 * Other programs read the first line as a process id: once that process is gone, they know that the lock is stale.
 */
function markOf(temporary: string): string {
  return `${Deno.pid}\n${ownerLine(temporary)}`;
}

function ownerLine(temporary: string): string {
  return `pop3svc ${temporary}\n`;
}

/** Whether it can be a lock; it may also be the mbox of a user of that name. */
async function isLock(files: FileSystem, path: string): Promise<boolean> {
  using file = await files.open(path, true);
  if (file === null || file.info.size > MARK_OCTETS) return false;
  const octets = new Uint8Array(file.info.size);
  return !new TextDecoder().decode(octets.subarray(0, file.readNow(octets, 0))).includes("From ");
}

function isOld({ mtime }: Deno.FileInfo): boolean {
  return Date.now() - (mtime?.getTime() ?? Date.now()) >= STALE_AFTER_MS;
}

async function isFlocked(files: FileSystem, path: string): Promise<boolean> {
  using file = await files.openInPlace(path);
  return file === null || !file.tryLock();
}

function dotLockOf(realPath: string): string {
  return `${realPath}.lock`;
}
