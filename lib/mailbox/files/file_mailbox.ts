import { basename, join, resolve } from "@std/path";
import type { MessageBody } from "../../protocol/reply.ts";
import type { ConnectionInfo } from "../connection_info.ts";
import type { Mailbox } from "../mailbox.ts";
import { Pop3ResponseError } from "../response_error.ts";
import { deleteFiles, type DoomedFile, OWN_FOLDER, withSettledFiles } from "./atomic_delete.ts";
import { denoFileSystem, type FileSystem } from "./file_system.ts";
import { takeLease } from "./lease.ts";
import { MailboxIndex, writeIndex } from "./mailbox_index.ts";
import { type MeasuredFile, measureFiles } from "./measure_files.ts";
import { isSameFile, openMessageFile } from "./message_file.ts";
import type { MessageFile, MessageLayout } from "./message_layout.ts";
import { SharedSnapshot, type Snapshot } from "./shared_snapshot.ts";

/** What a mailbox of files may be told. */
export interface FileMailboxOptions {
  /** Refuse DELE; false by default. */
  readonly isReadOnly?: boolean;
  /**
   * What becomes of a message that is deleted: `remove` it (the default), move it to the `trash` in the hidden
   * folder `.pop3svc`, or `keep` it where it is, which is for tests: the client is told that it is gone.
   */
  readonly deletePolicy?: DeletePolicy;
  /**
   * Seconds for which a file of a plain folder must have been left alone before it is a message, so that one that
   * is still being written is not served half. 2 by default. A Maildir needs no such rule and has none.
   */
  readonly settleTime?: number;
  /** One session at a time, also across processes: others hear `[IN-USE]`. False by default. */
  readonly isExclusive?: boolean;
}

const CHANGED = "That message has changed since you logged in.";

/** What becomes of a message that is deleted. */
export type DeletePolicy = "remove" | "trash" | "keep";

/**
 * What mailboxes of files have in common; a layout says how messages lie in them.
 *
 * One object may serve many logins, and remembers sizes. Deletions are all or nothing, also when the process
 * is killed in the middle, and durable once they are confirmed.
 */
export class FileMailbox implements Mailbox {
  /** The last part of the path. */
  readonly name: string;
  readonly #path: string;
  readonly #layout: MessageLayout;
  readonly #isReadOnly: boolean;
  readonly #isExclusive: boolean;
  readonly #deletePolicy: DeletePolicy;
  readonly #files: FileSystem;
  readonly #shared: SharedSnapshot;
  /** What each login was shown. */
  readonly #snapshots = new WeakMap<ConnectionInfo, Snapshot>();
  readonly #leases = new Map<ConnectionInfo, Disposable>();
  /** What an earlier process has remembered; read when first needed. */
  #index: Promise<MailboxIndex | null> | null = null;
  /** What is known of the messages of the last snapshot, by unique id. */
  #sizes: Promise<Map<string, MeasuredFile>> | null = null;
  /** The sizes of all messages of a snapshot, once they are known: by its list of unique ids. */
  readonly #allSizes = new WeakMap<readonly string[], readonly (number | null)[]>();
  /** The times of the folders when the index was written. */
  #indexStamp: string | null = null;
  /** Are there sizes that the index does not hold? */
  #hasCounted = false;
  /** Done when nobody counts any more. */
  #counting: Promise<void> = Promise.resolve();

  /**
   * Makes a mailbox of a folder; it is looked at only at each login.
   *
   * @param path the folder
   * @param files for tests that make a call fail
   */
  constructor(
    path: string,
    layout: MessageLayout,
    options: FileMailboxOptions,
    files: FileSystem = denoFileSystem,
  ) {
    this.#path = resolve(path);
    this.name = basename(this.#path);
    this.#layout = layout;
    this.#isReadOnly = options.isReadOnly ?? false;
    this.#isExclusive = options.isExclusive ?? false;
    this.#deletePolicy = options.deletePolicy ?? "remove";
    this.#files = files;
    this.#shared = new SharedSnapshot(
      files,
      this.#path,
      layout,
      1_000 * (options.settleTime ?? 2),
      () => this.#remembered(),
    );
  }

  /**
   * The unique ids of the messages that are there now.
   *
   * @throws {Deno.errors.NotFound} when the folder is not there
   * @throws {Pop3ResponseError} with the code `IN-USE` when another session has the mailbox for itself
   */
  async listMessageUniqueIds(info: ConnectionInfo): Promise<readonly string[]> {
    if (this.#isExclusive && !this.#leases.has(info)) await this.#takeLease(info);
    const snapshot = await this.#shared.look();
    const before = this.#snapshots.get(info);
    this.#snapshots.set(info, before === undefined ? snapshot : withNewer(before, snapshot));
    return snapshot.uniqueIds;
  }

  /** How many messages are there now. */
  async count(): Promise<number> {
    return (await this.#shared.look()).uniqueIds.length;
  }

  /** What the options say. */
  mailboxIsReadOnly(): boolean {
    return this.#isReadOnly;
  }

  /** Is the file still there? */
  async messageExists(info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    return await this.#find(this.#messageOf(info, uniqueId)) !== null;
  }

  /** Octets as sent; the file is read once for it, and then not again until it changes. */
  async messageSize(info: ConnectionInfo, uniqueId: string): Promise<number> {
    const [octets] = await this.messageSizes(info, [uniqueId]);
    if (octets === undefined || octets === null) throw new Pop3ResponseError(CHANGED);
    return octets;
  }

  /** The same for many; null for one that is gone or has changed. */
  async messageSizes(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Promise<readonly (number | null)[]> {
    const known = this.#allSizes.get(uniqueIds);
    if (known !== undefined) return known;
    const messages = uniqueIds.map((uniqueId) => this.#messageOf(info, uniqueId));
    const sizes = await this.#knownSizes();
    const knownOf = (message: MessageFile): MeasuredFile | null => {
      const { identity, hintedOctets } = message;
      const measured = sizes.get(message.uniqueId);
      if (measured !== undefined && isSameFile(measured.identity, identity)) return measured;
      return hintedOctets === null ? null : { identity, octets: hintedOctets, isClean: false };
    };
    if (messages.some((message) => knownOf(message) === null)) {
      // One after the other: what the first one counts, the next one knows.
      const count = async () => {
        const unknown = messages.filter((message) => knownOf(message) === null);
        await this.#count(unknown, sizes);
      };
      await (this.#counting = this.#counting.then(count, count));
    }
    const found = messages.map(knownOf);
    const octets = found.map((measured) => measured?.octets ?? null);
    const snapshot = this.#snapshots.get(info);
    if (snapshot?.uniqueIds === uniqueIds && !octets.includes(null)) {
      if (snapshot.stamp !== null) this.#allSizes.set(uniqueIds, Object.freeze(octets));
      await this.#remember(snapshot.stamp, messages, found);
    }
    return octets;
  }

  /** The bytes of the file. */
  async messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageBody> {
    const message = this.#messageOf(info, uniqueId);
    const path = join(this.#path, await this.#find(message) ?? message.path);
    const known = (await this.#knownSizes()).get(uniqueId);
    const isClean = known !== undefined && known.isClean &&
      isSameFile(known.identity, message.identity);
    const body = await openMessageFile(path, message.identity, isClean);
    if (body !== null) return body;
    this.#shared.forget();
    throw new Pop3ResponseError(CHANGED);
  }

  /** Deletes all of the files, or throws and has deleted none. */
  async messageDelete(info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    const messages = uniqueIds.map((uniqueId) => this.#messageOf(info, uniqueId));
    if (this.#deletePolicy === "keep") return;
    await deleteFiles(this.#files, this.#path, this.#deletePolicy, async () => {
      const doomed: DoomedFile[] = [];
      for (const message of messages) {
        const path = await this.#layout.find(this.#files, this.#path, message);
        if (path !== null) doomed.push({ path, identity: message.identity });
      }
      return doomed;
    });
  }

  /** Forgets what this login was shown, and lets others in. */
  release(info: ConnectionInfo): void {
    this.#leases.get(info)?.[Symbol.dispose]();
    this.#leases.delete(info);
    this.#snapshots.delete(info);
  }

  async #takeLease(info: ConnectionInfo): Promise<void> {
    // Our folder would be made in a mailbox that is not there, and the mailbox with it.
    await Deno.stat(this.#path);
    const lease = await takeLease(join(this.#path, OWN_FOLDER, "lease"));
    this.#leases.set(info, lease);
  }

  async #count(messages: readonly MessageFile[], sizes: Map<string, MeasuredFile>): Promise<void> {
    const missing: MessageFile[] = [];
    let counted = 0;
    const remember = (message: MessageFile, measured: MeasuredFile) => {
      counted++;
      sizes.set(message.uniqueId, measured);
    };
    await measureFiles(this.#path, messages, remember, (message) => missing.push(message));
    for (const message of missing) {
      // It may have moved, or be aside for a moment; what is not found now is gone.
      const path = await this.#find(message);
      if (path !== null) await measureFiles(this.#path, [{ ...message, path }], remember);
    }
    const current = (await this.#shared.look()).messages;
    for (const uniqueId of sizes.keys()) {
      if (!current.has(uniqueId)) sizes.delete(uniqueId);
    }
    if (counted < messages.length) this.#shared.forget();
    this.#hasCounted ||= counted > 0;
  }

  /** Remembers a whole mailbox: for sessions to come, and across restarts. */
  async #remember(
    stamp: string | null,
    messages: readonly MessageFile[],
    found: readonly (MeasuredFile | null)[],
  ): Promise<void> {
    if (stamp === this.#indexStamp && !this.#hasCounted) return;
    this.#indexStamp = stamp;
    this.#hasCounted = false;
    const known = messages.flatMap((message, at) => {
      const measured = found[at] ?? null;
      return measured === null ? [] : [{ ...message, ...measured }];
    });
    await writeIndex(this.#path, stamp ?? "", known);
  }

  #remembered(): Promise<MailboxIndex | null> {
    return this.#index ??= MailboxIndex.read(this.#path).then((index) => {
      if (index !== null) {
        this.#indexStamp = index.stamp;
        this.#allSizes.set(index.uniqueIds, Object.freeze(index.octets));
      }
      return index;
    });
  }

  #knownSizes(): Promise<Map<string, MeasuredFile>> {
    return this.#sizes ??= this.#remembered().then((index) =>
      new Map(index?.messages()?.map((message) => [message.uniqueId, message]))
    );
  }

  #messageOf(info: ConnectionInfo, uniqueId: string): MessageFile {
    const message = this.#snapshots.get(info)?.messages.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    return message;
  }

  /** One that is not there may only be aside, by a deletion that is under way or was broken off. */
  async #find(message: MessageFile): Promise<string | null> {
    const find = () => this.#layout.find(this.#files, this.#path, message);
    return await find() ?? await withSettledFiles(this.#files, this.#path, find);
  }
}

/** What a login was shown stays what it is when it looks once more; what has come since is added. */
function withNewer(before: Snapshot, now: Snapshot): Snapshot {
  if (before === now) return before;
  const messages = new Map([...now.messages, ...before.messages]);
  return { uniqueIds: now.uniqueIds, messages, stamp: null };
}
