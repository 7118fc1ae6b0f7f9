/**
 * Every call by which mailboxes touch files, so that a test can make any of them fail, or kill the process before it.
 * Only `lib/files/` calls `Deno.open`, `Deno.readDir` and the like, so the rules for folders that others may write are
 * in one place:
 *
 * - No call follows a symbolic link at the end of a path. A link in a folder on the way is followed, so code that moves
 *   or removes files checks the folders before, and what it moved afterwards.
 * - Only regular files are opened for reading, and a FIFO blocks nobody (open_file.ts).
 * - A file is created only where the name is free, and only this user can read or write it.
 *
 * A call that looks at one name is synchronous where the disk has been fast (slow_disks.ts).
 */
import { closeSync, constants, fsync, open } from "node:fs";
import { promisify } from "node:util";
import type { Awaitable } from "../protocol/reply.ts";
import { systemClock } from "../time/clock.ts";
import { TimeSlice } from "../time/time_slice.ts";
import { createFile, type WritableFile } from "./create_file.ts";
import type { FileFacts, FileIdentity } from "./file_identity.ts";
import { lockFile, tryLockFile } from "./file_lock.ts";
import { nullIfGone, nullIfNotFound } from "./null_if_gone.ts";
import { type InPlaceFile, openInPlace } from "./in_place_file.ts";
import { openGivenFile, openRegularFile } from "./open_file.ts";
import type { OpenFile } from "./regular_file.ts";
import { slowDisks } from "./slow_disks.ts";

/** A name in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/** A regular file, by its name. */
export interface ListedFile {
  readonly name: string;
  readonly info: FileFacts;
}

/** The regular files of a folder. */
export interface ListedFolder {
  readonly files: ListedFile[];
  /** Names that are not UTF-8: Deno can list them, but not open, rename or remove them. */
  readonly unnameable: string[];
  /** Whether a listed file was gone when we looked at it. */
  readonly hasVanished: boolean;
}

/** The file system, as far as mailboxes need it. */
export interface FileSystem {
  /** The entry itself, not what a link points to; null when there is none. */
  look(path: string): Awaitable<Deno.FileInfo | null>;
  /**
   * Opens a regular file for reading; null when there is none of this name.
   *
   * @param isExposed whether others can change what the name means
   * @param known the identity that the file must have, where the caller knows it
   */
  open(path: string, isExposed: boolean, known?: FileIdentity): Awaitable<OpenFile | null>;
  /**
   * Opens the regular file that a path given by the administrator leads to, for reading; null when there is none.
   *
   * @throws {ForeignLinkError} when a link on the way must not be followed
   */
  openGiven(path: string): Promise<OpenFile | null>;
  /** Opens such a file to change it in place. */
  openInPlace(path: string): Promise<InPlaceFile | null>;
  /** Changes owner, group and mode of a file that we made. */
  give(path: string, to: Pick<Deno.FileInfo, "uid" | "gid" | "mode">): Promise<void>;
  /** The entries directly in a folder; none when there is no such folder. */
  entries(folder: string): Promise<FolderEntry[]>;
  /**
   * The regular files directly in a folder, without those whose names begin with a dot.
   *
   * @param isKnown leaves out the file of a name without a look at it, where it returns true
   * @throws {Deno.errors.NotFound} when there is no such folder
   */
  regularFiles(folder: string, isKnown?: (name: string) => boolean): Promise<ListedFolder>;
  /** Makes one folder, for this user only; it may be there already. */
  makeFolder(path: string): Promise<void>;
  /** Gives the file a second name; fails when that is taken. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Creates a file and opens it for writing; fails when the name is taken. */
  create(path: string, mode?: number): Promise<WritableFile>;
  /** Removes a file, or an empty folder. */
  remove(path: string): Promise<void>;
  /** Resolves once the folder's names would survive a loss of power. */
  sync(folder: string): Promise<void>;
  /** Waits for a lock across processes; see file_lock.ts for what it throws. */
  lock(path: string): Promise<Disposable>;
  /** Takes the lock without waiting; null while another process has it. */
  tryLock(path: string): Promise<Disposable | null>;
}

/** The facts alone: of a huge folder, all that the system says would take a hundred megabytes. */
function fewFacts({ isFile, dev, ino, size, mtime, uid }: Deno.FileInfo): FileFacts {
  return { isFile, dev, ino, size, mtime, uid };
}

/** Deno lists this character in place of octets that are not UTF-8. */
const REPLACEMENT = "\ufffd";

const DOT = 0x2e;

/** Deno reads so many entries at once, on another thread. */
const STRETCH = 32;

/** The entries of a folder, in stretches. Another thread reads the next ones while the caller works at these. */
async function* entriesInStretches(folder: string): AsyncGenerator<readonly Deno.DirEntry[]> {
  const entries = Deno.readDir(folder)[Symbol.asyncIterator]();
  let stretch: Deno.DirEntry[] = [];
  let next = entries.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) break;
      stretch.push(value);
      next = entries.next();
      if (stretch.length < STRETCH) continue;
      yield stretch;
      stretch = [];
    }
    yield stretch;
  } finally {
    // Where the caller stops early, nobody else waits for the next ones.
    await next.catch(() => {});
    await entries.return?.();
  }
}

function look(path: string): Awaitable<Deno.FileInfo | null> {
  return slowDisks.call(
    path,
    () => nullIfGone(() => Deno.lstatSync(path)),
    () => Deno.lstat(path).catch(nullIfNotFound),
  );
}

/** The file system of the machine. */
export const denoFileSystem: FileSystem = {
  look,
  open: (path, isExposed, known) => openRegularFile(path, isExposed, known),
  // deno-lint-ignore require-await -- a failure becomes a rejection
  openGiven: async (path) => openGivenFile(path),
  // deno-lint-ignore require-await -- a failure becomes a rejection
  openInPlace: async (path) => openInPlace(path),
  give: (path, { uid, gid, mode }) =>
    slowDisks.run(path, async () => {
      const made = await Deno.lstat(path);
      if (made.uid !== uid || made.gid !== gid) await Deno.chown(path, uid, gid);
      if (mode !== null) await Deno.chmod(path, mode & 0o7777);
    }),
  async entries(folder) {
    const entries: FolderEntry[] = [];
    try {
      await slowDisks.run(folder, async () => {
        for await (const entry of Deno.readDir(folder)) entries.push(entry);
      });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return entries;
  },
  async regularFiles(folder, isKnown = () => false) {
    const names: string[] = [];
    await slowDisks.run(folder, async () => {
      for await (const entries of entriesInStretches(folder)) {
        for (const { name, isFile } of entries) {
          if (isFile && name.charCodeAt(0) !== DOT && !isKnown(name)) names.push(name);
        }
      }
    });
    const listed: ListedFile[] = [];
    const unnameable: string[] = [];
    let hasVanished = false;
    const slice = new TimeSlice();
    for (const name of names) {
      const pause = slice.pause();
      if (pause !== undefined) await pause;
      // Nothing of what `join` does is needed here, and it takes as long as a fifth of the look.
      const seen = look(`${folder}/${name}`);
      const info = seen instanceof Promise ? await seen : seen;
      if (info?.isFile === true) listed.push({ name, info: fewFacts(info) });
      else if (info === null && name.includes(REPLACEMENT)) unnameable.push(name);
      else hasVanished = true;
    }
    return { files: listed, unnameable, hasVanished };
  },
  async makeFolder(path) {
    try {
      await slowDisks.run(path, () => Deno.mkdir(path, { mode: 0o700 }));
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  },
  link: (from, to) => slowDisks.run(from, () => Deno.link(from, to)),
  rename: (from, to) => slowDisks.run(from, () => Deno.rename(from, to)),
  create: (path, mode = 0o600) => createFile(path, mode),
  remove: (path) => slowDisks.run(path, () => Deno.remove(path)),
  async sync(folder) {
    // Windows has no such call for folders; NTFS journals its names.
    if (Deno.build.os === "windows") return;
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_DIRECTORY;
    await slowDisks.run(folder, async () => {
      const fd = await promisify(open)(folder, flags);
      try {
        await promisify(fsync)(fd);
      } finally {
        closeSync(fd);
      }
    }, { isLong: true });
  },
  lock: (path) => lockFile(path, systemClock),
  tryLock: (path) => tryLockFile(path),
};
