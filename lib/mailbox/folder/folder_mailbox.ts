import { basename, join, resolve } from "@std/path";
import type { MessageBody } from "../../protocol/reply.ts";
import type { ConnectionInfo } from "../connection_info.ts";
import type { Mailbox } from "../mailbox.ts";
import { Pop3ResponseError } from "../response_error.ts";
import { deleteFiles } from "./delete_files.ts";
import { listMessageFiles, lookAt, type MessageFile } from "./list_message_files.ts";
import {
  type FileIdentity,
  isSameFile,
  measureMessageFile,
  openMessageFile,
} from "./message_file.ts";

/** What a {@linkcode FolderMailbox} may be told. */
export interface FolderMailboxOptions {
  /** Refuse DELE; false by default. */
  readonly isReadOnly?: boolean;
}

interface MeasuredFile {
  readonly identity: FileIdentity;
  readonly octets: number;
}

/**
 * A folder whose files are messages, whatever their extension.
 *
 * Every regular file directly inside is one message. Subfolders, symbolic links and names that begin with a
 * dot are left out. The unique id is the file name where that can be one, else one derived from it. The
 * order is by time of modification, then by name. One object may serve many logins, and remembers sizes.
 *
 * @example
 * ```ts
 * import { FolderMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
 *
 * const mailbox = new FolderMailbox("mailbox-sample");
 * const provider = new SingleUserProvider({
 *   username: "me",
 *   password: "passw0rd",
 *   openMailbox: () => mailbox,
 * });
 * ```
 */
export class FolderMailbox implements Mailbox {
  /** The last part of the path. */
  readonly name: string;
  readonly #path: string;
  readonly #isReadOnly: boolean;
  /** What each login was shown, by unique id. */
  readonly #snapshots = new WeakMap<ConnectionInfo, ReadonlyMap<string, MessageFile>>();
  /** Sizes by name, of the files that the last listing found. */
  #sizes = new Map<string, MeasuredFile>();

  /**
   * Makes a mailbox of a folder; it is looked at only at each login.
   *
   * @param path the folder
   */
  constructor(path: string, options: FolderMailboxOptions = {}) {
    this.#path = resolve(path);
    this.name = basename(this.#path);
    this.#isReadOnly = options.isReadOnly ?? false;
  }

  /**
   * The unique ids of the files that are there now.
   *
   * @throws {Deno.errors.NotFound} when the folder is not there
   */
  async listMessageUniqueIds(info: ConnectionInfo): Promise<readonly string[]> {
    const files = await listMessageFiles(this.#path);
    const names = new Set(files.map(({ name }) => name));
    this.#sizes = new Map(this.#sizes.entries().filter(([name]) => names.has(name)));
    this.#snapshots.set(info, new Map(files.map((file) => [file.uniqueId, file])));
    return files.map(({ uniqueId }) => uniqueId);
  }

  /** What the options say. */
  mailboxIsReadOnly(): boolean {
    return this.#isReadOnly;
  }

  /** Is the file still there? */
  async messageExists(info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    return await lookAt(this.#pathOf(this.#fileOf(info, uniqueId))) !== null;
  }

  /** Octets as sent; the file is read once for it, and then not again until it changes. */
  async messageSize(info: ConnectionInfo, uniqueId: string): Promise<number> {
    const file = this.#fileOf(info, uniqueId);
    const known = this.#sizes.get(file.name);
    if (known !== undefined && isSameFile(known.identity, file.identity)) return known.octets;
    const octets = await measureMessageFile(this.#pathOf(file), file.identity);
    this.#sizes.set(file.name, { identity: file.identity, octets });
    return octets;
  }

  /** The bytes of the file. */
  messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageBody> {
    const file = this.#fileOf(info, uniqueId);
    return openMessageFile(this.#pathOf(file), file.identity);
  }

  /** Deletes all of the files, or throws and has deleted none. */
  messageDelete(info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    return deleteFiles(this.#path, uniqueIds.map((uniqueId) => this.#fileOf(info, uniqueId)));
  }

  /** Forgets what this login was shown. */
  release(info: ConnectionInfo): void {
    this.#snapshots.delete(info);
  }

  #pathOf({ name }: MessageFile): string {
    return join(this.#path, name);
  }

  #fileOf(info: ConnectionInfo, uniqueId: string): MessageFile {
    const file = this.#snapshots.get(info)?.get(uniqueId);
    if (file === undefined) throw new Pop3ResponseError("No such message.");
    return file;
  }
}
