/**
 * The messages of a mailbox, listed once for all sessions that begin while the mailbox stays the same.
 *
 * - A mailbox is unchanged if its folders have the same times of modification as before: one look at each folder is
 *   enough.
 * - We do not trust a time that is younger than a tick of the file system when we look, since a file may still arrive
 *   within the same tick. Such a mailbox is listed again the next time.
 * - A folder with files that are still being written is listed again, too: writing does not change its time. So is one
 *   whose list may be that of another folder (list_messages.ts).
 * - A change of a file in place does not change the time of its folder. We notice it when the file is opened, and
 *   `forget` is called then.
 * - What an earlier process has stored about the mailbox counts as if this process had seen it.
 * - A login during a listing waits for the next listing, together with all other logins meanwhile: the listing that
 *   already runs may have missed the newest mail.
 */
import type { Clock } from "../../time/clock.ts";
import { MessageList } from "../../provider/message_list.ts";
import { LeftOut } from "../left_out.ts";
import { listMessages } from "./list_messages.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import type { MailboxIndex } from "./mailbox_index.ts";
import { identify, type KnownMessages, type MessageFile } from "./message_ids.ts";
import type { MessageLayout } from "./message_layout.ts";
import { withSettledFiles } from "./settled_files.ts";
import { isYoung, stampOf } from "./stamp.ts";

/** The messages of a mailbox at one moment; sessions share it. */
export interface Snapshot extends KnownMessages {
  readonly list: MessageList;
  /** The times of the folders; null where we cannot trust them. */
  readonly stamp: string | null;
  /** The files that are left out; none where the list was read from the index. */
  readonly leftOut: LeftOut;
  /** How many files may still be written by another program. */
  readonly unsettled: number;
}

const nothingKnown: KnownMessages = { messages: new Map(), hasKeptIds: false };

/** A snapshot from the index. Most logins only list, so what is needed to open a message is parsed only then. */
class RememberedSnapshot implements Snapshot {
  readonly stamp: string;
  readonly list: MessageList;
  readonly leftOut = new LeftOut();
  readonly unsettled = 0;
  readonly hasKeptIds = true;
  readonly #index: MailboxIndex;
  readonly #forget: () => void;
  #messages: ReadonlyMap<string, MessageFile> | null = null;

  constructor(index: MailboxIndex, forget: () => void) {
    this.stamp = index.stamp;
    this.list = new MessageList(Object.freeze(index.uniqueIds), Object.freeze(index.octets));
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
      throw new Error("the index of the mailbox is damaged; the next session looks again");
    }
    return new Map(messages.map((message) => [message.uniqueId, message]));
  }
}

export class SharedSnapshot {
  readonly #folder: MailboxFolder;
  readonly #layout: MessageLayout;
  readonly #settleTime: number | null;
  readonly #clock: Clock;
  /** Reads what an earlier process has stored; called once, at the first look. */
  #remembered: (() => Promise<MailboxIndex | null>) | null;
  #kept: Snapshot | null = null;
  /** The messages of the last look; they may be gone by now. */
  #known: KnownMessages = nothingKnown;
  #running: Promise<Snapshot> | null = null;
  #next: Promise<Snapshot> | null = null;

  /** @param settleTime milliseconds; null for the default */
  constructor(
    folder: MailboxFolder,
    layout: MessageLayout,
    settleTime: number | null,
    clock: Clock,
    remembered: () => Promise<MailboxIndex | null>,
  ) {
    this.#folder = folder;
    this.#layout = layout;
    this.#settleTime = settleTime;
    this.#clock = clock;
    this.#remembered = remembered;
  }

  /** The messages that are there now. */
  look(): Promise<Snapshot> {
    return this.#next ??= this.#afterRunning();
  }

  /** The messages that are there now, without recovering interrupted deletions. */
  async inspect(): Promise<Snapshot> {
    const index = await this.#remembered?.() ?? null;
    if (index !== null) this.#known = knownOf(index);
    return await this.#list();
  }

  /** Lists again the next time, whatever the times say. */
  forget(): void {
    this.#kept = null;
  }

  async #afterRunning(): Promise<Snapshot> {
    await this.#running?.catch(() => {});
    this.#running = this.#next;
    this.#next = null;
    return await this.#refresh();
  }

  async #refresh(): Promise<Snapshot> {
    const { stamp } = await stampOf(this.#folder);
    if (this.#kept?.stamp === stamp) return this.#kept;
    const remembered = await this.#remembered?.() ?? null;
    this.#remembered = null;
    if (remembered !== null) this.#known = knownOf(remembered);
    const snapshot = await withSettledFiles(
      this.#folder,
      async () => await this.#recall(remembered) ?? await this.#list(),
    );
    this.#kept = snapshot.stamp === null ? null : snapshot;
    if (!(snapshot instanceof RememberedSnapshot)) this.#known = snapshot;
    return snapshot;
  }

  async #recall(index: MailboxIndex | null): Promise<Snapshot | null> {
    if (index === null || index.stamp !== (await stampOf(this.#folder)).stamp) return null;
    return new RememberedSnapshot(index, () => this.forget());
  }

  async #list(): Promise<Snapshot> {
    const { stamp, newest, folders } = await stampOf(this.#folder);
    const startedAt = Date.now();
    const { files, leftOut, unsettled, isDoubtful } = await listMessages(
      this.#folder,
      folders,
      this.#layout,
      this.#settleTime,
      this.#known,
      this.#clock,
    );
    const { messages, hasKeptIds } = await identify(files, this.#known, this.#layout);
    const isTrusted = unsettled === 0 && !isDoubtful && !isYoung(newest, startedAt);
    return {
      list: new MessageList(Object.freeze(messages.map(({ uniqueId }) => uniqueId))),
      messages: new Map(messages.map((message) => [message.uniqueId, message])),
      hasKeptIds,
      stamp: isTrusted ? stamp : null,
      leftOut,
      unsettled,
    };
  }
}

/** The messages of the index, which is parsed only when the mailbox has changed. */
function knownOf(index: MailboxIndex): KnownMessages {
  let messages: ReadonlyMap<string, MessageFile> | null = null;
  return {
    get messages() {
      return messages ??= new Map(
        index.messages()?.map((message) => [message.uniqueId, message]),
      );
    },
    hasKeptIds: true,
  };
}
