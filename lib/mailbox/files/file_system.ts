/**
 * The calls by which files are deleted and mended, one method each, so that a test can make any of them fail,
 * or kill the process in front of it.
 */

import { lockWithinProcess } from "../../files/lock_within_process.ts";
import { nullIfGone } from "../../files/null_if_gone.ts";

/** A name in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/** A file that is being written. */
export interface WritableFile extends Disposable {
  write(octets: Uint8Array): Promise<void>;
  /** Returns when its octets would survive a loss of power. */
  sync(): Promise<void>;
}

/** What to do with a file that is there already; `empty` by default. */
export interface CreateOptions {
  readonly ifThere: "empty" | "append" | "fail";
}

/** The file system, as far as deletion needs it. */
export interface FileSystem {
  /** The file itself, not what a link points to; null when there is none. */
  look(path: string): Promise<Deno.FileInfo | null>;
  /** What is directly inside; nothing when there is no such folder. */
  entries(folder: string): Promise<FolderEntry[]>;
  /** Makes one folder; it may be there already. */
  makeFolder(path: string): Promise<void>;
  /** Gives the file a second name; fails when that is taken. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Opens a file to be written, which is made; one that is there is emptied unless the options say otherwise. */
  create(path: string, mode: number | null, options?: CreateOptions): Promise<WritableFile>;
  /** Removes a file, or an empty folder. */
  remove(path: string): Promise<void>;
  /** Returns when the folder's names would survive a loss of power. */
  sync(folder: string): Promise<void>;
  /**
   * Waits for a lock on the folder, or file, that counts across processes and dies with its holder. Where the file
   * system has none, it counts within this process only.
   */
  lock(folder: string, mode: "shared" | "exclusive"): Promise<Disposable>;
}

/** See file_version.ts for why this is synchronous. */
function lookNow(path: string): Deno.FileInfo | null {
  return nullIfGone(() => Deno.lstatSync(path));
}

/** The real one. */
export const denoFileSystem: FileSystem = {
  // deno-lint-ignore require-await -- a failure becomes a rejection
  look: async (path) => lookNow(path),
  async entries(folder) {
    const entries: FolderEntry[] = [];
    try {
      for await (const entry of Deno.readDir(folder)) entries.push(entry);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return entries;
  },
  async makeFolder(path) {
    try {
      await Deno.mkdir(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  },
  link: (from, to) => Deno.link(from, to),
  rename: (from, to) => Deno.rename(from, to),
  async create(path, mode, { ifThere } = { ifThere: "empty" }) {
    const how = {
      empty: { write: true, create: true, truncate: true },
      append: { append: true, create: true },
      fail: { write: true, createNew: true },
    };
    const file = await Deno.open(path, { ...how[ifThere], ...(mode === null ? {} : { mode }) });
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
    using opened = await Deno.open(folder);
    await opened.sync();
  },
  async lock(folder, mode) {
    if (Deno.build.os === "windows") return await lockWithinProcess(folder);
    const opened = await Deno.open(folder);
    try {
      await opened.lock(mode === "exclusive");
      return opened;
    } catch {
      opened.close();
      return await lockWithinProcess(folder);
    }
  },
};
