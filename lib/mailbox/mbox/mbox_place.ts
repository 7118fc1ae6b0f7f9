/**
 * Where an mbox lies, whose it is, and where we keep what is ours.
 *
 * - The path is the administrator's: links on the way are checked at each use (given_path.ts).
 * - Nothing of ours has a name beside the mbox, where it could be another user's mbox; but for the dot-lock, which other
 *   programs look for. Ours is in `.pop3svc` beside it, a folder of the server's user that nobody else may write; where that cannot be
 *   made, and for what others must not be able to forge, in the state directory.
 * - With `isOwnersOnly`, an mbox in a folder where others may make names must belong to the user whose line of the users
 *   file it is, where that has a uid, and must have no second name: somebody else may have linked it there.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join, resolve } from "@std/path";
import { isSameInode } from "../../files/file_identity.ts";
import { LockedError } from "../../files/file_lock.ts";
import type { FileSystem } from "../../files/file_system.ts";
import { type GivenPath, lookAtGiven } from "../../files/given_path.ts";
import { lookNow } from "../../files/look.ts";
import { findOwnFolder, isOurFolder } from "../../files/own_folder.ts";
import { serverUid } from "../../files/server_user.ts";
import { stateFolderOf, stateFolderPath } from "../../files/state_directory.ts";
import { Pop3ResponseError } from "../response_error.ts";
import { NoMboxError } from "./mbox_kind.ts";

/** What a place is told. */
export interface MboxPlaceOptions {
  readonly isOwnersOnly: boolean;
  readonly stateDirectory: string | null;
  /** The uid of the user whose mbox it is, where their line has one. */
  readonly uid: number | null;
}

/** A folder of ours that this process has for itself. */
export interface LockedFolder extends Disposable {
  readonly path: string;
  /** Whether it is beside the mbox, so that a file of it can take the place of the mbox. */
  readonly isBeside: boolean;
}

export class MboxPlace {
  readonly path: string;
  readonly files: FileSystem;
  readonly #options: MboxPlaceOptions;
  /** What names of ours begin with. */
  readonly #key: string;
  #isOthers = false;

  constructor(path: string, files: FileSystem, options: MboxPlaceOptions) {
    this.path = resolve(path);
    this.files = files;
    this.#options = options;
    const digest = createHash("sha256").update(basename(this.path)).digest("hex");
    this.#key = `mbox-${digest.slice(0, 16)}`;
  }

  /**
   * The mbox as it is now.
   *
   * @throws {Deno.errors.NotFound} when it is not there
   * @throws {Pop3ResponseError} `[SYS/PERM]` when it must not be opened
   */
  look(): GivenPath {
    let given;
    try {
      given = lookAtGiven(this.path);
    } catch (cause) {
      throw refused(cause);
    }
    if (given === null) throw new Deno.errors.NotFound(`${this.path}: there is no such mailbox`);
    const { info, isShared } = given;
    if (!info.isFile) throw refused(new NoMboxError(this.path, this.#folderText()));
    this.#isOthers = info.uid !== null && info.uid !== serverUid();
    const { isOwnersOnly, uid, stateDirectory } = this.#options;
    if (!isOwnersOnly) return given;
    if (isShared && uid !== null && info.uid !== null && info.uid !== uid) {
      throw refused(
        new Error(`${this.path} belongs to user ${info.uid}, and the line of its user says ${uid}`),
      );
    }
    if (isShared && info.nlink !== null && info.nlink > 1 + this.#ownNames(info)) {
      throw refused(new Error(`${this.path} has a second name, which somebody else may have made`));
    }
    if (this.#isOthers && stateDirectory === null) {
      throw refused(
        new Error(
          `${this.path} belongs to user ${info.uid}, so its state needs a state directory, and there is none`,
        ),
      );
    }
    return given;
  }

  /** The name of a file of ours in a folder of ours. */
  nameIn(folder: string, purpose: string): string {
    return join(folder, `${this.#key}.${purpose}`);
  }

  /** Folders in which something of ours may be, for who only reads. */
  async folders(): Promise<string[]> {
    const folders: string[] = [];
    const beside = await this.#beside();
    if (beside?.isThere === true) folders.push(beside.path);
    const { stateDirectory } = this.#options;
    if (stateDirectory !== null) {
      const folder = await stateFolderPath(stateDirectory, this.path);
      // Where this process may not even look there is nothing of ours.
      if (await this.files.look(folder).catch(() => null) !== null) folders.push(folder);
    }
    return folders;
  }

  /** The folders of `folders` whose files are believed: that beside the mbox only where it is the server's user's. */
  async stateFolders(): Promise<string[]> {
    const folders = await this.folders();
    const isState = this.#options.isOwnersOnly && this.#isOthers;
    const beside = await this.#beside();
    return isState ? folders.filter((folder) => folder !== beside?.path) : folders;
  }

  /**
   * Locks the mbox for this process.
   *
   * @throws {Pop3ResponseError} with the code `IN-USE` when another of our processes keeps it
   */
  async lock(): Promise<LockedFolder> {
    return await this.#inOwnFolder(async (folder) => {
      try {
        return await this.files.lock(this.nameIn(folder, "lock"));
      } catch (cause) {
        if (!(cause instanceof LockedError)) throw cause;
        throw new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE", cause });
      }
    });
  }

  /** Removes the locks of processes that are gone; nobody waits for them. */
  async removeStaleLocks(): Promise<void> {
    for (const folder of await this.folders()) {
      for (const name of [this.nameIn(folder, "lock"), this.nameIn(folder, "exclusive")]) {
        if (await this.files.look(name) === null) continue;
        (await this.files.tryLock(name).catch(() => null))?.[Symbol.dispose]();
      }
    }
  }

  /** Takes the lock of a session that wants the mbox for itself; null while another has it. */
  async tryExclusive(): Promise<Disposable | null> {
    const held = await this.#inOwnFolder(async (folder) =>
      await this.files.tryLock(this.nameIn(folder, "exclusive")) ??
        { isTaken: true, [Symbol.dispose]() {} }
    );
    return "isTaken" in held ? null : held;
  }

  /** A folder for state: made if need be; null where it can be made nowhere. */
  async stateFolder(): Promise<string | null> {
    const isState = this.#options.isOwnersOnly && this.#isOthers;
    const beside = isState ? null : await this.#beside();
    if (beside !== null) {
      try {
        if (!beside.isThere) await this.files.makeFolder(beside.path);
        return beside.path;
      } catch {
        // The disk, or the folder, is not ours to write.
      }
    }
    return await this.#stateFolder();
  }

  async #inOwnFolder<T extends Disposable>(
    take: (folder: string) => Promise<T>,
  ): Promise<T & LockedFolder> {
    const beside = await this.#beside();
    const state = this.#options.stateDirectory;
    if (beside !== null) {
      try {
        const lock = await take(beside.path);
        return Object.assign(lock, { path: beside.path, isBeside: true });
      } catch (error) {
        if (error instanceof Pop3ResponseError || state === null) throw error;
      }
    }
    const folder = await this.#stateFolder();
    if (folder === null) {
      throw new Deno.errors.PermissionDenied(`no folder for what ${this.path} needs can be made`);
    }
    const lock = await take(folder);
    return Object.assign(lock, { path: folder, isBeside: false });
  }

  /** How many names of the file are ours: a deletion gives it a second one (rewrite_mbox.ts). */
  #ownNames(info: Deno.FileInfo): number {
    return [".pop3svc", `.pop3svc-${serverUid()}`].filter((name) => {
      const folder = join(dirname(this.path), name);
      const found = lookNow(folder);
      if (found === null || !isOurFolder(found)) return false;
      const old = lookNow(this.nameIn(folder, "old"));
      return old !== null && isSameInode(old, info);
    }).length;
  }

  /** What a folder is that was given as an mbox. */
  #folderText(): string {
    const mbox = join(this.path, "mbox");
    return lookAtGiven(mbox)?.info.isFile === true
      ? `it is a folder of Apple Mail: give ${mbox}`
      : "it is no file";
  }

  async #beside() {
    try {
      return await findOwnFolder(this.files, dirname(this.path), ".pop3svc");
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return null;
      throw error;
    }
  }

  async #stateFolder(): Promise<string | null> {
    const { stateDirectory } = this.#options;
    if (stateDirectory === null) return null;
    try {
      return await stateFolderOf(stateDirectory, this.path);
    } catch {
      return null;
    }
  }
}

function refused(cause: unknown): Pop3ResponseError {
  return new Pop3ResponseError("Your mailbox cannot be opened.", { code: "SYS/PERM", cause });
}
