/**
 * What all sessions of one mbox share while the server runs: its index, ids and locks, and what was already logged. A
 * session has an MboxLogin.
 */
import { type Clock, systemClock } from "../../time/clock.ts";
import { identityOf, isSameFile } from "../../files/file_identity.ts";
import { denoFileSystem, type FileSystem } from "../../files/file_system.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import type { DeletePolicy, FileMailboxOptions } from "../files/file_mailbox_options.ts";
import type { ConnectionInfo } from "../../provider/connection_info.ts";
import { exclusiveMailbox } from "../exclusive_mailbox.ts";
import type { Inspection } from "../inspection.ts";
import type { MailboxCount } from "../mailbox_count.ts";
import type { LoginMailbox, MailboxStore } from "../mailbox_store.ts";
import { Reports } from "../reports.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { leftOutOf } from "./current_index.ts";
import { inspectMbox } from "./inspect_mbox.ts";
import { isStillThere, type MboxIndex, type MboxMessage } from "./mbox_index.ts";
import { CurrentIndex } from "./current_index.ts";
import { dotLockOfOthers, hasDotLock } from "./dot_lock.ts";
import { lockMbox, waitForDotLock } from "./mbox_lock.ts";
import { MboxLogin, type SharedMbox } from "./mbox_login.ts";
import { type LockedFolder, MboxPlace } from "./mbox_place.ts";
import { MboxState } from "./mbox_state.ts";
import { isHalfRewritten, recoverLocked, recoverMbox } from "./recover_mbox.ts";
import { assertUnchanged, deleteFromMbox } from "./rewrite_mbox.ts";

/** After this many tries, a program keeps writing without a lock, and a login takes what is there. */
const MOST_ATTEMPTS = 20;

/**
 * An mbox, for as long as the server runs.
 *
 * It is indexed once, and again when it has changed. Reading writes nothing. Deletions are all or nothing, even if
 * the process is killed in the middle, and durable once confirmed.
 */
export class MboxStore implements MailboxStore, SharedMbox {
  readonly name: string;
  readonly isReadOnly: boolean;
  readonly place: MboxPlace;
  readonly #exclusive: boolean;
  readonly #deletePolicy: DeletePolicy;
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #state: MboxState;
  readonly #reports: Reports;
  readonly #current: CurrentIndex;
  /** The last index of which we know that no program was writing the file. */
  #whole: MboxIndex | null = null;
  /** The stamp of our folders when nothing in them had to be recovered. */
  #cleanStamp: string | null = null;

  /**
   * Makes a store of a file, which need not be there before a login.
   *
   * @param files for tests that make a call fail
   * @param clock for tests that do not want to wait
   */
  constructor(
    path: string,
    options: FileMailboxOptions = {},
    files: FileSystem = denoFileSystem,
    clock: Clock = systemClock,
  ) {
    this.place = new MboxPlace(path, files, {
      ownersOnly: options.ownersOnly ?? false,
      stateDirectory: options.stateDirectory ?? null,
      uid: options.uid ?? null,
    });
    this.name = this.place.path;
    this.isReadOnly = options.readOnly ?? false;
    this.#exclusive = options.exclusive ?? false;
    this.#deletePolicy = options.deletePolicy ?? "remove";
    this.#files = files;
    this.#clock = clock;
    this.#reports = new Reports(path, options.onEvent ?? (() => {}));
    this.#state = new MboxState(this.place);
    this.#current = new CurrentIndex(this.place, this.#state, (error) => this.report(error));
  }

  get path(): string {
    return this.place.path;
  }

  open(_info: ConnectionInfo): LoginMailbox {
    const mailbox = new MboxLogin(this);
    return !this.#exclusive ? mailbox : exclusiveMailbox(mailbox, {
      path: this.place.path,
      tryLock: () => {
        this.place.look();
        return this.place.tryExclusive();
      },
      report: (error) => this.report(error),
    });
  }

  /** How many messages the file has now, even while somebody is writing it. */
  async count(): Promise<MailboxCount> {
    const index = await this.look();
    return { messages: index.list.count, leftOut: leftOutOf(this.place.path, index) };
  }

  /** Inspects the mbox; writes nothing, and waits for nobody. */
  async inspect(): Promise<Inspection> {
    return await inspectMbox(this.place, await this.look(), await this.mayDelete());
  }

  /** The index once nobody is in the middle of writing: for a login. */
  async lookSettled(): Promise<MboxIndex> {
    const { realPath } = this.place.look();
    const isLocked = await hasDotLock(this.#files, realPath);
    const stamp = await this.place.stamp();
    if (isLocked || stamp === null || stamp !== this.#cleanStamp) {
      const wasClean = await this.#recover();
      this.#cleanStamp = wasClean ? stamp : null;
    }
    const index = await this.#lookWhole(realPath, isLocked);
    if (!this.isReadOnly) await this.#state.save();
    return index;
  }

  /** The index of the file as it is now. Waits for a session of this server that is rewriting it in place. */
  async look(): Promise<MboxIndex> {
    return await this.#current.look(async () => {
      if (await isHalfRewritten(this.place)) await this.#recover();
    });
  }

  /** The index of the file without a message that another program has written in part. */
  async #lookWhole(realPath: string, wasLocked: boolean): Promise<MboxIndex> {
    let isLocked = wasLocked;
    for (let attempt = 1;; attempt++) {
      if (isLocked) await waitForDotLock(this.#files, this.#clock, realPath);
      const index = await this.look();
      if (index === this.#whole || attempt === MOST_ATTEMPTS) return index;
      // A program may have begun to write since we looked for its lock. If it has ended, the file is another by now.
      isLocked = await dotLockOfOthers(this.#files, realPath) === "held";
      if (isLocked || !isSameFile(identityOf(this.place.look().info), index.identity)) continue;
      this.#whole = index;
      return index;
    }
  }

  /** Opens the file if the message is still where it was; null if the file must be indexed again. */
  async openAt(index: MboxIndex, message: MboxMessage): Promise<OpenFile | null> {
    this.place.look();
    const file = await this.#files.openGiven(this.place.path);
    if (file === null) return null;
    try {
      const identity = identityOf(file.info);
      const { size, inode } = index.identity;
      const isGrown = identity.inode === inode && identity.size > size;
      if (isSameFile(identity, index.identity) || isGrown && await isStillThere(file, message)) {
        return file;
      }
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
    file[Symbol.dispose]();
    return null;
  }

  /** Whether messages can be deleted: a folder for the state can be made, and the file can be written. */
  async mayDelete(): Promise<boolean> {
    if (this.isReadOnly) return false;
    if (this.#deletePolicy === "keep") return true;
    try {
      using _own = await this.place.lock();
      if (await this.place.stateFolder() === null) return false;
      using file = await this.#files.openInPlace(this.place.path);
      return file !== null;
    } catch (error) {
      // Another session has it at the moment.
      return error instanceof Pop3ResponseError;
    }
  }

  /**
   * Deletes all of the messages, or throws and has deleted none.
   *
   * @param doomedOf chooses the messages out of the index of the locked file; throws if one of them has changed
   */
  async delete(doomedOf: (index: MboxIndex) => ReadonlySet<string>): Promise<void> {
    if (this.#deletePolicy === "keep") return;
    using own = await this.place.lock();
    await using locked = await this.#lockOthersOut(own);
    await recoverLocked(this.place, own, locked.file, (error) => this.report(error));
    const index = await this.#current.look();
    assertUnchanged(locked.file.identityNow(), index);
    const uniqueIds = doomedOf(index);
    if (uniqueIds.size === 0) return;
    const stateFolder = await this.place.stateFolder() ?? own.path;
    const ids = await this.#state.ids();
    try {
      if (ids.doom(uniqueIds)) await this.#state.save();
      await deleteFromMbox({
        place: this.place,
        own,
        mbox: locked.file,
        index,
        uniqueIds,
        stateFolder,
        isTrashed: this.#deletePolicy === "trash",
      });
    } catch (error) {
      ids.spare(uniqueIds);
      await this.#state.save();
      throw error;
    }
    ids.forget(uniqueIds);
    await this.#state.save();
  }

  /** Logs an error once. */
  report(error: Error): void {
    this.#reports.tell(error);
  }

  /** Recovers the mbox if needed. Whether there was nothing to recover. */
  async #recover(): Promise<boolean> {
    return await recoverMbox(this.place, async (work) => {
      using own = await this.place.lock();
      await using locked = await this.#lockOthersOut(own);
      await work(own, locked.file, (error) => this.report(error));
    });
  }

  async #lockOthersOut(own: LockedFolder) {
    return await lockMbox({
      files: this.#files,
      clock: this.#clock,
      path: this.place.path,
      realPath: this.place.look().realPath,
      temporary: this.place.nameIn(own.path, "dot-lock"),
      report: (error) => this.report(error),
    });
  }
}
