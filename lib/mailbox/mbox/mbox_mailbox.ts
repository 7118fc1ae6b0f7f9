import { basename, join, resolve } from "@std/path";
import type { MessageBody } from "../../protocol/reply.ts";
import type { ConnectionInfo } from "../connection_info.ts";
import type { DeletePolicy } from "../files/file_mailbox_options.ts";
import { takeLease } from "../files/lease.ts";
import { denoFileSystem, type FileSystem } from "../files/file_system.ts";
import { identityOf, isSameFile } from "../../files/file_identity.ts";
import type { Mailbox } from "../mailbox.ts";
import type { MailboxCount } from "../mailbox_count.ts";
import { Pop3ResponseError } from "../response_error.ts";
import { FromUnquoter } from "./from_unquoter.ts";
import { indexMbox, type MboxIndex, type MboxMessage } from "./mbox_index.ts";
import { isLockedByOthers, leftoversOf, rewriteMbox, withMboxLocked } from "./rewrite_mbox.ts";

/** What an mbox may be told. */
export interface MboxMailboxOptions {
  /** Refuse DELE; false by default. */
  readonly isReadOnly?: boolean;
  /**
   * What becomes of a message that is deleted: `remove` it (the default), move it to `.NAME.trash`, an mbox beside
   * the mbox, or `keep` it where it is, which is for tests.
   */
  readonly deletePolicy?: DeletePolicy;
  /** One session at a time, also across processes: others hear `[IN-USE]`. False by default. */
  readonly isExclusive?: boolean;
}

const CHUNK_OCTETS = 65_536;
const MOST_ATTEMPTS = 5;

/**
 * An mbox: one file with many messages, as an export or an old mail spool has them.
 *
 * It is indexed once, and again when it has changed. The unique ids are made of the messages' own bytes. A deletion
 * writes the file anew beside it and renames: all or nothing, also when the process is killed in the middle.
 *
 * @param path the file; it is looked at only at each login
 *
 * @example
 * ```ts
 * import { mboxMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
 *
 * const mailbox = mboxMailbox("takeout.mbox", { isReadOnly: true });
 * const provider = new SingleUserProvider({
 *   username: "me",
 *   password: "passw0rd",
 *   openMailbox: () => mailbox,
 * });
 * ```
 */
export function mboxMailbox(path: string, options: MboxMailboxOptions = {}): Mailbox {
  return new MboxMailbox(path, options);
}

/** One object may serve many logins. */
export class MboxMailbox implements Mailbox {
  readonly name: string;
  readonly #path: string;
  readonly #options: MboxMailboxOptions;
  readonly #files: FileSystem;
  #index: MboxIndex | null = null;
  readonly #leases = new Map<ConnectionInfo, Disposable>();
  /** What each login was shown. */
  readonly #snapshots = new WeakMap<ConnectionInfo, MboxIndex>();

  /** @param files for tests that make a call fail */
  constructor(path: string, options: MboxMailboxOptions, files: FileSystem = denoFileSystem) {
    this.#path = resolve(path);
    this.name = basename(this.#path);
    this.#options = options;
    this.#files = files;
  }

  async listMessageUniqueIds(info: ConnectionInfo): Promise<readonly string[]> {
    if (this.#options.isExclusive === true && !this.#leases.has(info)) {
      await Deno.stat(this.#path);
      this.#leases.set(info, await takeLease(join(`${this.#path}.pop3svc`, "lease")));
    }
    const index = await this.#settledIndex();
    this.#snapshots.set(info, index);
    return [...index.messages.keys()];
  }

  /** How many messages are there now. */
  async count(): Promise<MailboxCount> {
    return { messages: (await this.#settledIndex()).messages.size, leftOut: [] };
  }

  mailboxIsReadOnly(): boolean {
    return this.#options.isReadOnly ?? false;
  }

  async messageExists(_info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    if ((await this.#currentIndex()).messages.has(uniqueId)) return true;
    // It may be there again once a deletion that failed is undone.
    return (await this.#settledIndex()).messages.has(uniqueId);
  }

  messageSize(info: ConnectionInfo, uniqueId: string): number {
    const message = this.#snapshots.get(info)?.messages.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    return message.octets;
  }

  async messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageBody> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      if (!await this.messageExists(info, uniqueId)) break;
      const index = await this.#currentIndex();
      const message = index.messages.get(uniqueId);
      if (message === undefined) continue;
      const file = await Deno.open(this.#path);
      // What was opened stays what it is, also when another session writes the mbox anew.
      if (isSameFile(identityOf(await file.stat()), index.identity)) {
        return new MboxBody(file, message);
      }
      file.close();
    }
    throw new Pop3ResponseError("That message is gone.");
  }

  async messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    const policy = this.#options.deletePolicy ?? "remove";
    if (policy === "keep") return;
    await withMboxLocked(this.#files, this.#path, async () => {
      const index = await this.#currentIndex();
      const doomed = new Set(uniqueIds.filter((uniqueId) => index.messages.has(uniqueId)));
      if (doomed.size > 0) await rewriteMbox(this.#files, this.#path, index, doomed, policy);
    });
  }

  release(info: ConnectionInfo): void {
    this.#leases.get(info)?.[Symbol.dispose]();
    this.#leases.delete(info);
    this.#snapshots.delete(info);
  }

  /** For a login: not while another program is in the middle of writing. */
  async #settledIndex(): Promise<MboxIndex> {
    if (await isLockedByOthers(this.#files, this.#path)) {
      throw new Pop3ResponseError("Another program has this mailbox.", { code: "IN-USE" });
    }
    if ((await leftoversOf(this.#files, this.#path)).length > 0) {
      await withMboxLocked(this.#files, this.#path, () => Promise.resolve());
    }
    return await this.#currentIndex();
  }

  async #currentIndex(): Promise<MboxIndex> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const info = await Deno.stat(this.#path);
      if (this.#index !== null && isSameFile(identityOf(info), this.#index.identity)) {
        return this.#index;
      }
      this.#index = await indexMbox(this.#path);
      if (this.#index !== null) return this.#index;
    }
    throw new Pop3ResponseError("Another program is writing this mailbox.", { code: "IN-USE" });
  }
}

/** The bytes of one message of an open mbox. */
class MboxBody implements MessageBody {
  readonly #file: Deno.FsFile;
  readonly #end: number;
  readonly #unquoter: FromUnquoter | null;
  readonly #buffer: Uint8Array;
  #at: number;
  #isAtEnd = false;

  constructor(file: Deno.FsFile, { contentStart, contentEnd, isQuoted }: MboxMessage) {
    this.#file = file;
    this.#at = contentStart;
    this.#end = contentEnd;
    this.#unquoter = isQuoted ? new FromUnquoter() : null;
    this.#buffer = new Uint8Array(Math.min(CHUNK_OCTETS, contentEnd - contentStart));
    file.seekSync(contentStart, Deno.SeekMode.Start);
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#at === this.#end) {
      if (this.#isAtEnd || this.#unquoter === null) return null;
      this.#isAtEnd = true;
      return this.#unquoter.end();
    }
    const wanted = Math.min(this.#end - this.#at, this.#buffer.length);
    const count = await this.#file.read(this.#buffer.subarray(0, wanted));
    if (count === null) throw new Error(`The file ended ${this.#end - this.#at} octets early`);
    this.#at += count;
    const chunk = this.#buffer.subarray(0, count);
    return this.#unquoter === null ? chunk : this.#unquoter.unquote(chunk);
  }

  close(): void {
    this.#file.close();
  }
}
