/**
 * What messages a mailbox holds, looked at once for all sessions that begin while it stays the same.
 *
 * - A mailbox whose folders have the times of modification that they had is unchanged: one look at each.
 * - A time that is younger than the granularity of any file system when we look is not trusted: something may
 *   come within the same tick. Such a mailbox is listed again the next time.
 * - A folder with files that are still being written is listed again too: they get no new time from it.
 * - A file that is written to in place does not touch its folder. It is noticed when it is opened, which calls
 *   `forget`.
 * - What an earlier process has remembered of the mailbox counts as if this one had seen it.
 * - Who asks while a listing is under way waits for the next one, together with all who ask meanwhile: the
 *   running one may have missed the newest mail.
 */
import { join } from "@std/path";
import { withSettledFiles } from "./atomic_delete.ts";
import type { FileSystem } from "./file_system.ts";
import type { MailboxIndex } from "./mailbox_index.ts";
import type { MessageFile, MessageLayout } from "./message_layout.ts";

/** The messages of a mailbox at one instant. Shared: nobody changes it. */
export interface Snapshot {
  /** In the order in which they are numbered. */
  readonly uniqueIds: readonly string[];
  readonly messages: ReadonlyMap<string, MessageFile>;
  /** The times of the folders; null where they are not to be trusted. */
  readonly stamp: string | null;
}

/** Most who log in want to know what is there, and no more: what it takes to open a message is made when one is. */
class RememberedSnapshot implements Snapshot {
  readonly stamp: string;
  readonly uniqueIds: readonly string[];
  readonly #index: MailboxIndex;
  readonly #forget: () => void;
  #messages: ReadonlyMap<string, MessageFile> | null = null;

  constructor(index: MailboxIndex, forget: () => void) {
    this.stamp = index.stamp;
    this.uniqueIds = Object.freeze(index.uniqueIds);
    this.#index = index;
    this.#forget = forget;
  }

  get messages(): ReadonlyMap<string, MessageFile> {
    return this.#messages ??= this.#read();
  }

  #read(): ReadonlyMap<string, MessageFile> {
    const messages = this.#index.messages();
    if (messages === null) {
      this.#forget();
      throw new Error("the index of the mailbox is damaged; the next session looks anew");
    }
    return new Map(messages.map((message) => [message.uniqueId, message]));
  }
}

/** FAT keeps times in steps of two seconds, and none is coarser. */
const COARSEST_TICK_MS = 2_000;

export class SharedSnapshot {
  readonly #files: FileSystem;
  readonly #mailbox: string;
  readonly #layout: MessageLayout;
  readonly #settleTime: number;
  /** What an earlier process has remembered; asked for once, at the first look. */
  #remembered: (() => Promise<MailboxIndex | null>) | null;
  #kept: Snapshot | null = null;
  #running: Promise<Snapshot> | null = null;
  #next: Promise<Snapshot> | null = null;

  constructor(
    files: FileSystem,
    mailbox: string,
    layout: MessageLayout,
    settleTime: number,
    remembered: () => Promise<MailboxIndex | null>,
  ) {
    this.#remembered = remembered;
    this.#settleTime = settleTime;
    this.#files = files;
    this.#mailbox = mailbox;
    this.#layout = layout;
  }

  /** The messages that are there now. */
  look(): Promise<Snapshot> {
    return this.#next ??= this.#afterRunning();
  }

  /** Lists anew the next time, whatever the times say. */
  forget(): void {
    this.#remembered = null;
    this.#kept = null;
  }

  async #afterRunning(): Promise<Snapshot> {
    await this.#running?.catch(() => {});
    this.#running = this.#next;
    this.#next = null;
    return await this.#refresh();
  }

  async #refresh(): Promise<Snapshot> {
    const { stamp } = await this.#stamp();
    if (this.#kept?.stamp === stamp) return this.#kept;
    const remembered = await this.#remembered?.() ?? null;
    this.#remembered = null;
    const snapshot = await withSettledFiles(
      this.#files,
      this.#mailbox,
      async () => await this.#recall(remembered) ?? await this.#list(),
    );
    this.#kept = snapshot.stamp === null ? null : snapshot;
    return snapshot;
  }

  async #recall(index: MailboxIndex | null): Promise<Snapshot | null> {
    if (index === null || index.stamp !== (await this.#stamp()).stamp) return null;
    return new RememberedSnapshot(index, () => this.forget());
  }

  async #list(): Promise<Snapshot> {
    const { stamp, newest } = await this.#stamp();
    const startedAt = Date.now();
    const { messages, unsettled } = await this.#layout.list(this.#mailbox, this.#settleTime);
    const isTrusted = unsettled === 0 && startedAt - newest > COARSEST_TICK_MS;
    return {
      uniqueIds: Object.freeze(messages.map(({ uniqueId }) => uniqueId)),
      messages: new Map(messages.map((message) => [message.uniqueId, message])),
      stamp: isTrusted ? stamp : null,
    };
  }

  async #stamp(): Promise<{ readonly stamp: string; readonly newest: number }> {
    const stamps: string[] = [];
    let newest = 0;
    for (const folder of this.#layout.folders) {
      const info = await this.#files.look(join(this.#mailbox, folder));
      const modified = info?.mtime?.getTime() ?? 0;
      newest = Math.max(newest, modified);
      stamps.push(`${info?.ino} ${modified}`);
    }
    return { stamp: stamps.join("; "), newest };
  }
}
