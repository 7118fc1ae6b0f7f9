import { basename, join, resolve } from "@std/path";
import type { MessageBody } from "../../protocol/reply.ts";
import type { ConnectionInfo } from "../connection_info.ts";
import type { Mailbox } from "../mailbox.ts";
import { Pop3ResponseError } from "../response_error.ts";
import { deleteFiles, type DoomedFile, withSettledFiles } from "./atomic_delete.ts";
import { denoFileSystem, type FileSystem } from "./file_system.ts";
import {
  type FileIdentity,
  isSameFile,
  measureMessageFile,
  openMessageFile,
} from "./message_file.ts";
import type { MessageFile, MessageLayout } from "./message_layout.ts";

/** What a mailbox of files may be told. */
export interface FileMailboxOptions {
  /** Refuse DELE; false by default. */
  readonly isReadOnly?: boolean;
  /**
   * What becomes of a message that is deleted: `remove` it (the default), move it to the `trash` in the hidden
   * folder `.pop3svc`, or `keep` it where it is, which is for tests: the client is told that it is gone.
   */
  readonly deletePolicy?: DeletePolicy;
}

/** What becomes of a message that is deleted. */
export type DeletePolicy = "remove" | "trash" | "keep";

interface MeasuredFile {
  readonly identity: FileIdentity;
  readonly octets: number;
}

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
  readonly #deletePolicy: DeletePolicy;
  readonly #files: FileSystem;
  /** What each login was shown, by unique id. */
  readonly #snapshots = new WeakMap<ConnectionInfo, ReadonlyMap<string, MessageFile>>();
  /** Sizes by unique id, of the messages that the last listing found. */
  #sizes = new Map<string, MeasuredFile>();

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
    this.#deletePolicy = options.deletePolicy ?? "remove";
    this.#files = files;
  }

  /**
   * The unique ids of the messages that are there now.
   *
   * @throws {Deno.errors.NotFound} when the folder is not there
   */
  async listMessageUniqueIds(info: ConnectionInfo): Promise<readonly string[]> {
    const messages = await this.#list();
    const snapshot = new Map(messages.map((message) => [message.uniqueId, message]));
    this.#sizes = new Map(this.#sizes.entries().filter(([uniqueId]) => snapshot.has(uniqueId)));
    this.#snapshots.set(info, snapshot);
    return messages.map(({ uniqueId }) => uniqueId);
  }

  /** How many messages are there now. */
  async count(): Promise<number> {
    return (await this.#list()).length;
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
    const message = this.#messageOf(info, uniqueId);
    const known = this.#sizes.get(uniqueId);
    if (known !== undefined && isSameFile(known.identity, message.identity)) return known.octets;
    const octets = await measureMessageFile(await this.#pathOf(message), message.identity);
    this.#sizes.set(uniqueId, { identity: message.identity, octets });
    return octets;
  }

  /** The bytes of the file. */
  async messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageBody> {
    const message = this.#messageOf(info, uniqueId);
    return await openMessageFile(await this.#pathOf(message), message.identity);
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

  /** Forgets what this login was shown. */
  release(info: ConnectionInfo): void {
    this.#snapshots.delete(info);
  }

  #list(): Promise<MessageFile[]> {
    const list = () => this.#layout.list(this.#files, this.#path);
    return withSettledFiles(this.#files, this.#path, list);
  }

  #messageOf(info: ConnectionInfo, uniqueId: string): MessageFile {
    const message = this.#snapshots.get(info)?.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    return message;
  }

  /** One that is not there may only be aside, by a deletion that is under way or was broken off. */
  async #find(message: MessageFile): Promise<string | null> {
    const find = () => this.#layout.find(this.#files, this.#path, message);
    return await find() ?? await withSettledFiles(this.#files, this.#path, find);
  }

  async #pathOf(message: MessageFile): Promise<string> {
    return join(this.#path, await this.#find(message) ?? message.path);
  }
}
