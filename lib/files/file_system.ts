/**
 * The calls by which mailboxes touch files, one method each, so that a test can make any of them fail, or kill the
 * process in front of it. Nothing outside `lib/files/` calls `Deno.open`, `Deno.readDir` and their like: the rules
 * for folders that others may write are kept here, in one place.
 *
 * - Nothing follows a symbolic link at the end of a path. (One in a folder on the way is followed: whoever moves or
 *   removes looks at the folders first, and at what was moved afterwards.)
 * - What is opened to be read is a regular file; a FIFO holds nobody up. See open_file.ts.
 * - What is made is made exclusively, for this user only.
 *
 * A look at one name is synchronous inside: it costs 5 µs, and 40 with the thread of an asynchronous call.
 */
import { closeSync, constants, fsync, openSync } from "node:fs";
import { promisify } from "node:util";
import { join } from "@std/path";
import { systemClock } from "../time/clock.ts";
import { TimeSlice } from "../time/time_slice.ts";
import type { FileIdentity } from "./file_identity.ts";
import { lockFile, tryLockFile } from "./file_lock.ts";
import { nullIfGone } from "./null_if_gone.ts";
import { type InPlaceFile, openInPlace } from "./in_place_file.ts";
import { type OpenFile, openGivenFile, openRegularFile } from "./open_file.ts";

/** A name in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/** A regular file, by its name. */
export interface ListedFile {
  readonly name: string;
  readonly info: Deno.FileInfo;
}

/** The regular files of a folder. */
export interface ListedFolder {
  readonly files: ListedFile[];
  /** Names that are no UTF-8: Deno can list them, and do nothing with them. */
  readonly unnameable: string[];
}

/** A file that is being written. */
export interface WritableFile extends Disposable {
  write(octets: Uint8Array): Promise<void>;
  /** Returns when its octets would survive a loss of power. */
  sync(): Promise<void>;
}

/** The file system, as far as mailboxes need it. */
export interface FileSystem {
  /** The entry itself, not what a link points to; null when there is none. */
  look(path: string): Promise<Deno.FileInfo | null>;
  /**
   * Opens a regular file to be read; null when there is none of this name.
   *
   * @param isExposed whether others can change what the name means
   * @param known what the file must be, where it is known
   */
  open(path: string, isExposed: boolean, known?: FileIdentity): Promise<OpenFile | null>;
  /**
   * Opens a file by a path that the administrator gave, to be read; null when there is no regular file.
   *
   * @throws {ForeignLinkError} when a link on the way must not be followed
   */
  openGiven(path: string): Promise<OpenFile | null>;
  /** The same to be changed where it is. */
  openInPlace(path: string): Promise<InPlaceFile | null>;
  /** Gives a file of ours to another user and group, with a mode. */
  give(path: string, to: Pick<Deno.FileInfo, "uid" | "gid" | "mode">): Promise<void>;
  /** What is directly inside; nothing when there is no such folder. */
  entries(folder: string): Promise<FolderEntry[]>;
  /**
   * The regular files directly inside, but for those whose names begin with a dot.
   *
   * @throws {Deno.errors.NotFound} when there is no such folder
   */
  regularFiles(folder: string): Promise<ListedFolder>;
  /** Makes one folder, for this user only; it may be there already. */
  makeFolder(path: string): Promise<void>;
  /** Gives the file a second name; fails when that is taken. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes a file to be written; fails when the name is taken. */
  create(path: string, mode?: number): Promise<WritableFile>;
  /** Removes a file, or an empty folder. */
  remove(path: string): Promise<void>;
  /** Returns when the folder's names would survive a loss of power. */
  sync(folder: string): Promise<void>;
  /** Waits for a lock across processes; see file_lock.ts for what it throws. */
  lock(path: string): Promise<Disposable>;
  /** The same without waiting; null while somebody else has it. */
  tryLock(path: string): Promise<Disposable | null>;
}

/** Stands for what is no UTF-8. */
const REPLACEMENT = "\ufffd";

/** Longest stretch of work before others have a turn. */
const SLICE_MS = 2;

/** The real one. */
export const denoFileSystem: FileSystem = {
  // deno-lint-ignore require-await -- a failure becomes a rejection
  look: async (path) => nullIfGone(() => Deno.lstatSync(path)),
  // deno-lint-ignore require-await -- a failure becomes a rejection
  open: async (path, isExposed, known) => openRegularFile(path, isExposed, known),
  // deno-lint-ignore require-await -- a failure becomes a rejection
  openGiven: async (path) => openGivenFile(path),
  // deno-lint-ignore require-await -- a failure becomes a rejection
  openInPlace: async (path) => openInPlace(path),
  async give(path, { uid, gid, mode }) {
    const made = await Deno.lstat(path);
    if (made.uid !== uid || made.gid !== gid) await Deno.chown(path, uid, gid);
    if (mode !== null) await Deno.chmod(path, mode & 0o7777);
  },
  async entries(folder) {
    const entries: FolderEntry[] = [];
    try {
      for await (const entry of Deno.readDir(folder)) entries.push(entry);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return entries;
  },
  async regularFiles(folder) {
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && !name.startsWith(".")) names.push(name);
    }
    const listed: ListedFile[] = [];
    const unnameable: string[] = [];
    const slice = new TimeSlice(SLICE_MS);
    for (const name of names) {
      await slice.pause();
      const info = nullIfGone(() => Deno.lstatSync(join(folder, name)));
      if (info?.isFile === true) listed.push({ name, info });
      else if (info === null && name.includes(REPLACEMENT)) unnameable.push(name);
    }
    return { files: listed, unnameable };
  },
  async makeFolder(path) {
    try {
      await Deno.mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  },
  link: (from, to) => Deno.link(from, to),
  rename: (from, to) => Deno.rename(from, to),
  async create(path, mode = 0o600) {
    const file = await Deno.open(path, { write: true, createNew: true, mode });
    return {
      async write(octets) {
        for (let written = 0; written < octets.length;) {
          written += await file.write(octets.subarray(written));
        }
      },
      sync: () => file.sync(),
      [Symbol.dispose]: () => file.close(),
    };
  },
  remove: (path) => Deno.remove(path),
  async sync(folder) {
    // Windows has no such call for folders; NTFS journals its names.
    if (Deno.build.os === "windows") return;
    const fd = openSync(folder, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_DIRECTORY);
    try {
      await promisify(fsync)(fd);
    } finally {
      closeSync(fd);
    }
  },
  lock: (path) => lockFile(path, systemClock),
  // deno-lint-ignore require-await -- a failure becomes a rejection
  tryLock: async (path) => tryLockFile(path),
};
