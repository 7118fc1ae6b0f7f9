/**
 * The folder of a mailbox: who owns it, who else may write there, and where the server keeps its own files for it.
 *
 * - The administrator gave the path: links on the way are checked at each login (given_path.ts). Folders in the mailbox
 *   must be real folders; a link in the place of one is left out.
 * - With `ownersOnly`, in a mailbox that belongs to another user than the server's own, only files of its owner are
 *   served, moved and removed. Such a user may rename and link files at any moment.
 * - In such a mailbox we keep none of our own files, since its owner could replace them while we use them. Files that
 *   need not be on the disk of the mail are in the state directory. The others are there, too, if it is on that disk;
 *   otherwise they are in a folder above the mailbox that only the server can write.
 * - In a mailbox of the server's own user, all of our files are in our folder in the mailbox.
 */
import { dirname, join, resolve } from "@std/path";
import {
  type FileFacts,
  type FileIdentity,
  identityOf,
  isSameFile,
} from "../../files/file_identity.ts";
import type { FileSystem } from "../../files/file_system.ts";
import { type GivenPath, lookAtMailbox } from "../../files/given_path.ts";
import {
  findOwnFolder,
  isOurFolder,
  type OwnFolder,
  type OwnFolderName,
} from "../../files/own_folder.ts";
import { isPrivateFolder, serverUid } from "../../files/server_user.ts";
import { mailboxKey, stateFolderOf, stateFolderPath } from "../../files/state_directory.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";

/** How a mailbox folder is used. */
export interface MailboxFolderOptions {
  /** The name of our folder in it. */
  readonly ownFolderName: OwnFolderName;
  /** The folders of messages, below the mailbox. */
  readonly messageFolders: readonly string[];
  readonly ownersOnly: boolean;
  readonly stateDirectory: string | null;
  /** Called with errors about files that are left out or in the way; the login goes on. */
  readonly report: (error: Error) => void;
}

export class MailboxFolder {
  readonly path: string;
  readonly files: FileSystem;
  readonly report: (error: Error) => void;
  /** A folder of the server's own user; null where there is none. */
  readonly stateDirectory: string | null;
  readonly #options: MailboxFolderOptions;
  #owner: number | null = null;
  #isStateElsewhere = false;
  #guardedParent: string | null = null;
  #dev = NaN;
  #isExposed = true;
  #key: string | null = null;

  constructor(path: string, files: FileSystem, options: MailboxFolderOptions) {
    this.path = resolve(path);
    this.files = files;
    this.report = options.report;
    this.stateDirectory = options.stateDirectory;
    this.#options = options;
  }

  /** The only user whose files are served; null where the files of all users are. Known after the first look. */
  get owner(): number | null {
    return this.#owner;
  }

  /** Whether others can put something else in the place of a message. */
  get isExposed(): boolean {
    return this.#isExposed;
  }

  /** Whether the file may be served, moved and removed. */
  isServed(file: FileFacts): boolean {
    return file.isFile && (this.#owner === null || file.uid === this.#owner);
  }

  /** Whether the file may be served, and is still the same file, unchanged. */
  isStill(file: FileFacts, identity: FileIdentity): boolean {
    return this.isServed(file) && isSameFile(identityOf(file), identity);
  }

  /**
   * A folder of messages as it is now.
   *
   * @throws {Deno.errors.NotADirectory} when a link or something else is in its place
   */
  async realFolder(name: string): Promise<Deno.FileInfo> {
    // The path of the mailbox itself may be a link, which `look` checks.
    const info = name === "."
      ? (await this.look()).get(".") ?? null
      : await this.files.look(join(this.path, name));
    if (info?.isDirectory === true) return info;
    throw new Deno.errors.NotADirectory(`${join(this.path, name)} is no real folder any more`);
  }

  /**
   * Looks at the mailbox and its folders, as they are now.
   *
   * @param seen what is at the path, where the caller has looked in this turn of the event loop
   * @returns its folders of messages that are real folders
   * @throws {Deno.errors.NotFound} when the mailbox is not there
   * @throws {Pop3ResponseError} `[SYS/PERM]` when a link to it must not be followed, when a stranger could replace it,
   * or when it needs a state directory and there is none
   */
  async look(seen: GivenPath | null = null): Promise<ReadonlyMap<string, Deno.FileInfo>> {
    const given = await this.#lookAtPath(seen);
    const { stateDirectory } = this;
    const { ownersOnly } = this.#options;
    const [uid, server] = [given.info.uid, serverUid()];
    // If we do not know our own user id, we serve only the owner's files, too, and keep our files in the mailbox.
    this.#owner = ownersOnly && uid !== server ? uid : null;
    this.#isStateElsewhere = this.#owner !== null && server !== null;
    this.#guardedParent = given.guardedParent;
    this.#dev = given.info.dev;
    if (ownersOnly && this.#owner === null && given.stranger !== null) {
      throw new Pop3ResponseError("Your mailbox cannot be opened.", {
        code: "SYS/PERM",
        cause: new Error(
          `${this.path} belongs to the server's user, but user ${given.stranger} owns a folder above it, and ` +
            `can put something else in its place: give the mailbox to that user, or the folder to root`,
        ),
      });
    }
    if (this.#isStateElsewhere && stateDirectory === null) {
      throw new Pop3ResponseError("Your mailbox cannot be opened.", {
        code: "SYS/PERM",
        cause: new Error(
          `${this.path} belongs to user ${uid}, so its state needs a state directory, and there is none`,
        ),
      });
    }
    const folders = new Map<string, Deno.FileInfo>();
    let isExposed = given.isExposed;
    for (const folder of this.#options.messageFolders) {
      const path = join(this.path, folder);
      const info = folder === "." ? given.info : await this.files.look(path);
      if (info?.isDirectory === true) {
        folders.set(folder, info);
        isExposed ||= !isPrivateFolder(info);
      } else if (info !== null) {
        this.report(new Error(`${path} is no real folder, and is left out`));
      }
    }
    this.#isExposed = isExposed;
    return folders;
  }

  /**
   * Our folder for the mailbox. If the mailbox belongs to our own user, our folder is in it. Otherwise it is where the
   * owner cannot replace it while we work in it: in the state directory, if that is on the same disk, or in the last
   * folder above the mailbox that only the server's user and root can write.
   *
   * @throws {Pop3ResponseError} with the code `READ-ONLY` where there is no such folder
   */
  async own(): Promise<OwnFolder> {
    if (this.#isStateElsewhere) {
      const path = join(await this.#guardedFolder(), await this.key());
      return { path, isThere: await this.files.look(path) !== null, inTheWay: null };
    }
    return await this.#find(this.path, this.#options.ownFolderName);
  }

  async #find(parent: string, name: OwnFolderName): Promise<OwnFolder> {
    const own = await findOwnFolder(this.files, parent, name);
    const { inTheWay } = own;
    if (inTheWay === null) return own;
    const text = `${inTheWay} is not a folder of the server's user, so ${own.path} is used`;
    this.report(new Error(`${text}: look at what is in it, then type: rm -r '${inTheWay}'`));
    return own;
  }

  /** The folder for our folder; on the disk of the mailbox, since a rename cannot move a file to another disk. */
  async #guardedFolder(): Promise<string> {
    const { stateDirectory } = this;
    if (stateDirectory !== null) {
      const state = await this.files.look(stateDirectory);
      if (state !== null && state.dev === this.#dev) return join(stateDirectory, "deletions");
    }
    if (this.#guardedParent === null) throw noPlaceFor(this.path);
    return (await this.#find(this.#guardedParent, GUARDED_NAME)).path;
  }

  /** A name for our files about this mailbox that no other mailbox has. */
  async key(): Promise<string> {
    return this.#key ??= await mailboxKey(this.path);
  }

  /** Makes the folder in which our folder will be made, where that is not the mailbox. */
  async prepareOwn(own: string): Promise<void> {
    if (this.#isStateElsewhere) await this.files.makeFolder(dirname(own));
  }

  /** Whether its owner can replace folders and files in it while we work; then nothing is put back into it. */
  get isGuarded(): boolean {
    return this.#isStateElsewhere;
  }

  /** The folder of the index; it is made if needed. */
  async stateFolder(): Promise<string> {
    const { stateDirectory } = this;
    if (this.#isStateElsewhere && stateDirectory !== null) {
      return await stateFolderOf(stateDirectory, this.path);
    }
    const own = await this.own();
    if (!own.isThere) await this.files.makeFolder(own.path);
    return own.path;
  }

  /** Where the index would be; null when there can be none yet. */
  async stateFolderIfThere(): Promise<string | null> {
    const { stateDirectory } = this;
    if (this.#isStateElsewhere && stateDirectory !== null) {
      const folder = await stateFolderPath(stateDirectory, this.path);
      const info = await this.files.look(folder);
      return info !== null && isOurFolder(info) ? folder : null;
    }
    const own = await this.own();
    return own.isThere ? own.path : null;
  }

  async #lookAtPath(seen: GivenPath | null): Promise<GivenPath> {
    let given;
    try {
      given = seen ?? await lookAtMailbox(this.path);
    } catch (cause) {
      throw new Pop3ResponseError("Your mailbox cannot be opened.", { code: "SYS/PERM", cause });
    }
    if (given === null) throw new Deno.errors.NotFound(`${this.path}: there is no such mailbox`);
    if (!given.info.isDirectory) throw new Deno.errors.NotADirectory(`${this.path} is no folder`);
    return given;
  }
}

/** The name of our folder above the mailboxes of other users. No user may have this name (users_file.ts). */
const GUARDED_NAME = ".pop3svc";

function noPlaceFor(path: string): Pop3ResponseError {
  return new Pop3ResponseError("Nothing can be deleted in this mailbox.", {
    code: "READ-ONLY",
    cause: new Error(
      `${path} belongs to another user, and no folder above it on the same disk is the server's alone: ` +
        `nothing can be deleted there safely`,
    ),
  });
}
