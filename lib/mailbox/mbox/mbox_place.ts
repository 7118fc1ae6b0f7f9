/**
 * Where an mbox lies, whose it is, and where we keep what is ours.
 *
 * - The path is the administrator's: links on the way are checked at each use (given_path.ts).
 * - Nothing of ours has a name beside the mbox, where it could be another user's mbox; but for the dot-lock, which other
 *   programs look for. Ours is in `.pop3svc` beside it, a folder of the server's user that nobody else may write; where that cannot be
 *   made, and for what others must not be able to forge, in the state directory.
 * - With `ownersOnly`, an mbox must belong to whose it is said to be; see mbox_owner.ts.
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
import { type MboxPlaceOptions, reasonToRefuse } from "./mbox_owner.ts";
import { NoMboxError } from "./mbox_kind.ts";

const OWN_FOLDER = ".pop3svc";
/** Times of files are no finer than this anywhere. */
const STAMP_SETTLES_MS = 100;

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
    if (!info.isFile) throw refused(new NoMboxError(this.path, this.#folderText()));
    this.#isOthers = info.uid !== null && info.uid !== serverUid();
    if (this.#options.ownersOnly) {
      const reason = reasonToRefuse(this.path, given, this.#options, this.#ownNames(info));
      if (reason !== null) throw refused(new Error(reason));
    }
    return given;
  }

  /** The name of a file of ours in a folder of ours. */
  nameIn(folder: string, purpose: string): string {
    return join(folder, `${this.#key}.${purpose}`);
  }

  /** Folders in which something of ours may be, for who only reads. */
  async folders(): Promise<string[]> {
    const beside = await this.#beside();
    const state = await this.#stateFolderPath();
    return [
      ...(beside?.isThere === true ? [beside.path] : []),
      // Where this process may not even look there is nothing of ours.
      ...(state !== null && await this.#lookOrNull(state) !== null ? [state] : []),
    ];
  }

  /** Those of them whose files are believed: the one beside the mbox only where the mbox is the server's user's. */
  async stateFolders(): Promise<string[]> {
    const folders = await this.folders();
    const state = await this.#stateFolderPath();
    return this.#isStateOutside ? folders.filter((folder) => folder === state) : folders;
  }

  /**
   * Changes when something of ours comes or goes, whoever did it; null where it has changed so recently that a change may
   * be under way that shows no other time.
   */
  async stamp(): Promise<string | null> {
    const usual = await this.#lookOrNull(join(dirname(this.path), OWN_FOLDER));
    const isInTheWay = usual !== null && !isOurFolder(usual);
    const state = await this.#stateFolderPath();
    const times = [
      usual,
      isInTheWay ? await this.#lookOrNull(otherOwnFolder(this.path)) : null,
      state === null ? null : await this.#lookOrNull(state),
    ].map((found) => found?.mtime?.getTime() ?? 0);
    return Date.now() - Math.max(...times) < STAMP_SETTLES_MS ? null : times.join(" ");
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

  /** Removes the locks of processes that are gone; nobody waits for them. Whether there were any locks. */
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
    const beside = this.#isStateOutside ? null : await this.#beside();
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
    return [join(dirname(this.path), OWN_FOLDER), otherOwnFolder(this.path)].filter((folder) => {
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

  get #isStateOutside(): boolean {
    return this.#options.ownersOnly && this.#isOthers;
  }

  async #stateFolderPath(): Promise<string | null> {
    const { stateDirectory } = this.#options;
    if (stateDirectory === null) return null;
    return this.#statePath ??= await stateFolderPath(stateDirectory, this.path);
  }

  #lookOrNull(path: string): Promise<Deno.FileInfo | null> {
    return this.files.look(path).catch(() => null);
  }

  /** Null also where the owner of the mbox can exchange our folder while we work in it. */
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

function otherOwnFolder(path: string): string {
  return join(dirname(path), `${OWN_FOLDER}-${serverUid() ?? "own"}`);
}

function refused(cause: unknown): Pop3ResponseError {
  return new Pop3ResponseError("Your mailbox cannot be opened.", { code: "SYS/PERM", cause });
}
