/**
 * Holds what all sessions of one mailbox share while the server runs, where each message is a file: the list, the sizes,
 * the index, the locks, and what was already logged. Each session has a FileMailbox.
 */
import { join, resolve } from "@std/path";
import { type Clock, systemClock } from "../../time/clock.ts";
import { isReadOnlyError } from "../../files/cannot_write.ts";
import { denoFileSystem, type FileSystem } from "../../files/file_system.ts";
import type { GivenPath } from "../../files/given_path.ts";
import { stateFolderOf } from "../../files/state_directory.ts";
import type { Awaitable, MessageBody } from "../../protocol/reply.ts";
import { Reports } from "../reports.ts";
import type { ConnectionInfo } from "../../provider/connection_info.ts";
import { cannotLock, exclusiveMailbox } from "../exclusive_mailbox.ts";
import { adoptOldFolder } from "./adopt_old_folder.ts";
import { deleteFiles } from "./atomic_delete.ts";
import { changedError, type DoomedFile, LOCK } from "./deletions.ts";
import { describeLeftOut } from "../left_out.ts";
import type { MailboxCount } from "../mailbox_count.ts";
import type { LoginMailbox, MailboxStore } from "../mailbox_store.ts";
import type { DeletePolicy, FileMailboxOptions } from "./file_mailbox_options.ts";
import { FileMailbox, type SharedFiles } from "./file_mailbox.ts";
import { FileSizes } from "./file_sizes.ts";
import type { Inspection, InspectionProgress } from "../inspection.ts";
import { inspectFiles } from "./inspect_files.ts";
import { MailboxFolder } from "./mailbox_folder.ts";
import { MailboxIndex } from "./mailbox_index.ts";
import type { MessageFile } from "./message_table.ts";
import type { MessageLayout } from "./message_layout.ts";
import { MessageLocator } from "./message_locator.ts";
import { MessageOpener } from "./message_opener.ts";
import { hasNoPlace } from "./settled_files.ts";
import { SharedSnapshot, type Snapshot } from "./shared_snapshot.ts";
import { StoredIndex } from "./stored_index.ts";

/** The name of the exclusive lock of a session. */
const EXCLUSIVE = "exclusive";

/**
 * A mailbox of files, for as long as the server runs. A layout says where in it the messages are.
 *
 * Deletions are all or nothing, also when the process is killed in the middle, and durable once they are confirmed.
 */
export class FileStore implements MailboxStore, SharedFiles {
  readonly name: string;
  readonly isReadOnly: boolean;
  readonly sizes: FileSizes;
  readonly folder: MailboxFolder;
  readonly #exclusive: boolean;
  readonly #stateDirectory: string | null;
  readonly #deletePolicy: DeletePolicy;
  readonly #layout: MessageLayout;
  readonly #files: FileSystem;
  readonly #shared: SharedSnapshot;
  readonly #locator: MessageLocator;
  readonly #opener: MessageOpener;
  readonly #stored: StoredIndex;
  readonly #reports: Reports;
  /** How many sessions have listed the mailbox, and have not ended. */
  #sessions = 0;

  /**
   * Makes a store of a folder. The folder is not read before a login.
   *
   * @param files for tests that make a call fail
   * @param clock for tests that do not want to wait
   */
  constructor(
    path: string,
    layout: MessageLayout,
    options: FileMailboxOptions = {},
    files: FileSystem = denoFileSystem,
    clock: Clock = systemClock,
  ) {
    this.name = resolve(path);
    this.isReadOnly = options.readOnly ?? false;
    this.#exclusive = options.exclusive ?? false;
    this.#stateDirectory = options.stateDirectory ?? null;
    this.#deletePolicy = options.deletePolicy ?? "remove";
    this.#layout = layout;
    this.#files = files;
    this.#reports = new Reports(path, options.onEvent ?? (() => {}));
    this.folder = new MailboxFolder(path, files, {
      ownFolderName: layout.ownFolderName,
      messageFolders: layout.folders,
      ownersOnly: options.ownersOnly ?? false,
      stateDirectory: this.#stateDirectory,
      report: (error) => this.#reports.tell(error),
    });
    const settleTime = options.settleTime ?? null;
    const settleMs = settleTime === null ? null : 1_000 * settleTime;
    this.#shared = new SharedSnapshot(
      { folder: this.folder, layout, settleTime: settleMs, clock },
      () => this.#readIndex(),
    );
    this.#locator = new MessageLocator(this.folder, layout, clock);
    this.#stored = new StoredIndex(this.folder, clock);
    this.sizes = new FileSizes(this.folder, this.#shared, this.#locator, this.#stored);
    this.#opener = new MessageOpener(this.folder, this.#locator, this.sizes);
  }

  get path(): string {
    return this.folder.path;
  }

  open(_info: ConnectionInfo, seen: GivenPath | null = null): LoginMailbox {
    if (!this.#exclusive) return new FileMailbox(this, seen);
    // The lock takes its time, after which one must look again.
    return exclusiveMailbox(new FileMailbox(this), {
      path: this.folder.path,
      tryLock: () => this.#tryExclusive(),
      report: (error) => this.#reports.tell(error),
    });
  }

  begin(): () => void {
    this.#sessions++;
    return () => {
      if (--this.#sessions === 0) this.#locator.forget();
    };
  }

  /** The messages that are there now. */
  async look(seen: GivenPath | null = null): Promise<Snapshot> {
    this.#locator.forgetUnused();
    const snapshot = await this.#lookOnly(seen);
    if (this.#stored.isDue(snapshot)) await this.sizes.ofAll(snapshot);
    return snapshot;
  }

  /** How many messages are there now. Writes no index. */
  async count(): Promise<MailboxCount> {
    const { list, leftOut } = await this.#lookOnly();
    const faults = leftOut.files().filter(({ isFault }) => isFault);
    return {
      messages: list.count,
      leftOut: faults.map((files) => describeLeftOut(files, this.folder.path)),
    };
  }

  /** Looks at every message, and recovers nothing. */
  async inspect(progress: InspectionProgress): Promise<Inspection> {
    const snapshot = await this.#shared.inspect();
    return await inspectFiles(this.folder, snapshot, this.#reports, progress);
  }

  /**
   * Whether messages can be deleted. Only an attempt shows it, so it tries to take the lock that a deletion needs:
   * `access` of node:fs compares modes, and knows neither root nor groups nor a read-only disk. A full disk does not
   * count: the deletion itself reports it.
   */
  async mayDelete(): Promise<boolean> {
    if (this.isReadOnly) return false;
    if (this.#deletePolicy === "keep") return true;
    try {
      (await this.#tryLockInOwn(LOCK))?.[Symbol.dispose]();
      return true;
    } catch (error) {
      const mayNot = isReadOnlyError(error) || hasNoPlace(error);
      if (mayNot) this.#reports.tell(cannotDelete(this.path, error), "nothing can be deleted");
      return !mayNot;
    }
  }

  /** Takes the exclusive lock of a session in our folder; if that is not possible, in the state directory. */
  async #tryExclusive(): Promise<Disposable | null> {
    // Our folder must not be made in a mailbox that is not there.
    await this.folder.look();
    try {
      return await this.#tryLockInOwn(EXCLUSIVE);
    } catch (error) {
      if (this.#stateDirectory === null || !cannotLock(error)) throw error;
    }
    const state = await stateFolderOf(this.#stateDirectory, this.folder.path);
    return await this.#files.tryLock(join(state, EXCLUSIVE));
  }

  async #tryLockInOwn(name: string): Promise<Disposable | null> {
    const own = await this.folder.own();
    await this.folder.prepareOwn(own.path);
    return await this.#files.tryLock(join(own.path, name));
  }

  /** Where the message is now: null when it is gone, `changed` when something else is in its place. */
  find(message: MessageFile): Promise<string | "changed" | null> {
    return this.#locator.find(message);
  }

  openMessage(message: MessageFile): Awaitable<MessageBody | null> {
    this.#locator.forgetUnused();
    return this.#opener.open(message);
  }

  /** Makes the next `look` list again, since a file is not as it was at the last one. */
  forget(): void {
    this.#shared.forget();
  }

  /** Deletes all of the messages, or throws and has deleted none. */
  async delete(messages: readonly MessageFile[]): Promise<void> {
    if (this.#deletePolicy === "keep") return;
    await this.folder.look();
    await deleteFiles(this.folder, this.#deletePolicy, async () => {
      const doomed: DoomedFile[] = [];
      let missing = messages;
      // Two rounds, since a file may be renamed after it was listed and before we look at it.
      for (let round = 0; round < 2 && missing.length > 0; round++) {
        this.#locator.forget();
        const notFound: MessageFile[] = [];
        for (const message of missing) {
          const path = await this.#locator.find(message, "settled");
          if (path === "changed") throw changedError();
          if (path === null) {
            notFound.push(message);
            continue;
          }
          for (const each of await this.#locator.findAll(message, path)) {
            doomed.push({ uniqueId: message.uniqueId, path: each, identity: message.identity });
          }
        }
        missing = notFound;
      }
      return doomed;
    });
  }

  async #lookOnly(seen: GivenPath | null = null): Promise<Snapshot> {
    const snapshot = await this.#shared.look(seen);
    for (const files of snapshot.leftOut.files()) {
      // The text without the count is the key: the count changes with each new message.
      this.#reports.tell(new Error(describeLeftOut(files, this.folder.path)), files.text);
    }
    return snapshot;
  }

  async #readIndex(): Promise<MailboxIndex | null> {
    if (this.#layout.format === "maildir") await adoptOldFolder(this.folder);
    const stateFolder = await this.folder.stateFolderIfThere();
    return stateFolder === null
      ? null
      : await MailboxIndex.read(this.#files, stateFolder, this.#layout);
  }
}

function cannotDelete(path: string, cause: unknown): Error {
  return new Error(`${path}: nothing can be deleted there, so DELE gets [READ-ONLY]`, { cause });
}
