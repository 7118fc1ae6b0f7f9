/**
 * Where an mbox is, who owns it, and where the server keeps its own files for it.
 *
 * - The administrator gave the path: links on the way are checked at each use (given_path.ts).
 * - A name beside the mbox could be another user's mbox. So the only name that we make there is the dot-lock, which other
 *   programs look for, and the folder `.pop3svc`. It holds our files; only the server's user may write in it.
 * - If we cannot make that folder, and for files that others must not be able to forge, we use the state directory.
 * - With `ownersOnly`, an mbox must belong to its user (mbox_owner.ts).
 */
import { createHash } from "node:crypto";
import { basename, dirname, join, resolve } from "@std/path";
import { isSameInode } from "../../files/file_identity.ts";
import { LockedError } from "../../files/file_lock.ts";
import type { FileSystem } from "../../files/file_system.ts";
import { type GivenPath, lookAtGiven } from "../../files/given_path.ts";
import { lookNow } from "../../files/look.ts";
import { findOwnFolder, isOurFolder } from "../../files/own_folder.ts";
import { keepsNames, serverUid } from "../../files/server_user.ts";
import { stateFolderOf, stateFolderPath } from "../../files/state_directory.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { lookIfAllowed } from "../look_if_allowed.ts";
import { type MboxPlaceOptions, reasonToRefuse } from "./mbox_owner.ts";
import { noFileError } from "./mbox_kind.ts";

const OWN_FOLDER = ".pop3svc";
/** Two changes within this time may show the same time of modification. */
const STAMP_SETTLES_MS = 100;

/** The folder with our files, locked for this process. */
export interface LockedFolder extends Disposable {
  readonly path: string;
  /** Whether it is beside the mbox, so that a file in it can be renamed over the mbox. */
  readonly isBeside: boolean;
}

export class MboxPlace {
  readonly path: string;
  readonly files: FileSystem;
  readonly #options: MboxPlaceOptions;
  /** The prefix of the names of our files. */
  readonly #key: string;
  #isOthers = false;
  #statePath: string | null = null;

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
    const { info } = given;
    if (!info.isFile) throw refused(noFileError(this.path));
    this.#isOthers = info.uid !== null && info.uid !== serverUid();
    if (this.#options.ownersOnly) {
      const reason = reasonToRefuse(this.path, given, this.#options, this.#ownNames(info));
      if (reason !== null) throw refused(new Error(reason));
    }
    return given;
  }

  /** The path of one of our files in one of our folders. */
  nameIn(folder: string, purpose: string): string {
    return join(folder, `${this.#key}.${purpose}`);
  }

  /** The folders that may hold our files; makes none. */
  async folders(): Promise<string[]> {
    const beside = await this.#beside();
    const state = await this.#stateFolderPath();
    return [
      ...(beside?.isThere === true ? [beside.path] : []),
      // Where this process may not even look, it has no files.
      ...(state !== null && await lookIfAllowed(this.files, state) !== null ? [state] : []),
    ];
  }

  /** The folders whose files we trust: the one beside the mbox only if the mbox belongs to the server's user. */
  async stateFolders(): Promise<string[]> {
    const folders = await this.folders();
    const state = await this.#stateFolderPath();
    return this.#isStateOutside ? folders.filter((folder) => folder === state) : folders;
  }

  /**
   * Changes when any process makes or removes one of our files; null if the last change is so recent that the next one
   * may show the same time.
   */
  async stamp(): Promise<string | null> {
    const usual = await lookIfAllowed(this.files, join(dirname(this.path), OWN_FOLDER));
    const isInTheWay = usual !== null && !isOurFolder(usual);
    const state = await this.#stateFolderPath();
    const times = [
      usual,
      isInTheWay ? await lookIfAllowed(this.files, otherOwnFolder(this.path)) : null,
      state === null ? null : await lookIfAllowed(this.files, state),
    ].map((found) => found?.mtime?.getTime() ?? 0);
    return Date.now() - Math.max(...times) < STAMP_SETTLES_MS ? null : times.join(" ");
  }

  /**
   * Locks the mbox for this process.
   *
   * @throws {Pop3ResponseError} with the code `IN-USE` when another process of this server keeps it
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

  /** Removes the locks of processes that are gone, without waiting. @returns whether there were any locks */
  async removeStaleLocks(): Promise<boolean> {
    let isAny = false;
    for (const folder of await this.folders()) {
      for (const name of [this.nameIn(folder, "lock"), this.nameIn(folder, "exclusive")]) {
        if (await this.files.look(name) === null) continue;
        isAny = true;
        (await this.files.tryLock(name).catch(() => null))?.[Symbol.dispose]();
      }
    }
    return isAny;
  }

  /** Takes the exclusive lock of a session; null while another session has it. */
  async tryExclusive(): Promise<Disposable | null> {
    const held = await this.#inOwnFolder(async (folder) =>
      await this.files.tryLock(this.nameIn(folder, "exclusive")) ??
        { isTaken: true, [Symbol.dispose]() {} }
    );
    return "isTaken" in held ? null : held;
  }

  /** A folder for state, made if needed; null where none can be made. */
  async stateFolder(): Promise<string | null> {
    const beside = this.#isStateOutside ? null : await this.#beside();
    if (beside !== null) {
      try {
        if (!beside.isThere) await this.files.makeFolder(beside.path);
        return beside.path;
      } catch {
        // The disk or the folder is not writable for us.
      }
    }
    return await this.spareFolder();
  }

  /** The folder for state in the state directory, made if needed; null where it cannot be made. */
  async spareFolder(): Promise<string | null> {
    const { stateDirectory } = this.#options;
    if (stateDirectory === null) return null;
    try {
      return await stateFolderOf(stateDirectory, this.path);
    } catch {
      return null;
    }
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
        // Another session may have the lock on a disk that does not answer: it must not be taken in two places.
        if (error instanceof Deno.errors.TimedOut) throw error;
      }
    }
    const folder = await this.spareFolder();
    if (folder === null) {
      throw new Deno.errors.PermissionDenied(
        `no folder can be made for the locks and the state of ${this.path}`,
      );
    }
    const lock = await take(folder);
    return Object.assign(lock, { path: folder, isBeside: false });
  }

  /** How many more names the server has given to the file: a deletion adds one (rewrite_mbox.ts). */
  #ownNames(info: Deno.FileInfo): number {
    return [join(dirname(this.path), OWN_FOLDER), otherOwnFolder(this.path)].filter((folder) => {
      const found = lookNow(folder);
      if (found === null || !isOurFolder(found)) return false;
      const old = lookNow(this.nameIn(folder, "old"));
      return old !== null && isSameInode(old, info);
    }).length;
  }

  get #isStateOutside(): boolean {
    return this.#options.ownersOnly && this.#isOthers;
  }

  async #stateFolderPath(): Promise<string | null> {
    const { stateDirectory } = this.#options;
    if (stateDirectory === null) return null;
    return this.#statePath ??= await stateFolderPath(stateDirectory, this.path);
  }

  /**
   * Our folder beside the mbox; null where it is not ours, or the mbox's owner could replace it while we work in it.
   */
  async #beside() {
    const parent = await this.files.look(dirname(this.path));
    if (this.#isStateOutside && parent !== null && !keepsNames(parent)) return null;
    try {
      return await findOwnFolder(this.files, dirname(this.path), OWN_FOLDER);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return null;
      throw error;
    }
  }
}

function otherOwnFolder(path: string): string {
  return join(dirname(path), `${OWN_FOLDER}-${serverUid() ?? "own"}`);
}

function refused(cause: unknown): Pop3ResponseError {
  return new Pop3ResponseError("Your mailbox cannot be opened.", { code: "SYS/PERM", cause });
}
