/**
 * The messages of a mailbox, listed once for all sessions that begin while the mailbox stays the same.
 *
 * - A mailbox is unchanged if its folders have the same stamps as before: one look at each folder is enough. If only one
 *   folder of a Maildir has changed, only that one is listed.
 * - We do not trust a time that is younger than a tick of the file system when we look, since a file may still arrive
 *   within the same tick. Such a folder is listed again the next time.
 * - A mailbox with files that are still being written is listed again, too: writing does not change the time of a folder.
 *   So is one whose list may be that of another folder (list_messages.ts).
 * - A change of a file in place does not change the time of its folder. We notice it when the file is opened, and
 *   `forget` is called then. known_names.ts says when a file that was replaced is noticed.
 * - What an earlier process has stored about the mailbox counts as if this process had seen it.
 * - A login during a listing waits for the next listing, together with all other logins meanwhile: the listing that
 *   already runs may have missed the newest mail.
 */
import type { GivenPath } from "../../files/given_path.ts";
import type { MessageList } from "../../provider/message_list.ts";
import { LeftOut } from "../left_out.ts";
import { KnownNames } from "./known_names.ts";
import {
  type KnownFolder,
  type KnownMailbox,
  type Listing,
  listMessages,
} from "./list_messages.ts";
import type { MailboxIndex } from "./mailbox_index.ts";
import { identify } from "./message_ids.ts";
import { MessageTable } from "./message_table.ts";
import { withSettledFiles } from "./settled_files.ts";
import { isYoung, joinedStamps, separateStamps, stampOf } from "./stamp.ts";

/** The messages of a mailbox at one moment; sessions share it. */
export interface Snapshot extends KnownMailbox {
  readonly list: MessageList;
  /** The stamps of all folders; null where we cannot trust them. */
  readonly stamp: string | null;
  /** The files that are left out; none where the list was read from the index. */
  readonly leftOut: LeftOut;
  /** How many files may still be written by another program. */
  readonly unsettled: number;
  /** How many of the messages before are not there any more, or have changed. */
  readonly removed: number;
  /** Whether all files were looked at since the last change of their folder. */
  readonly isProved: boolean;
  /** The ids that messages got in this snapshot. */
  readonly newIds: ReadonlySet<string>;
  /** Whether one of these does not follow from a name alone. */
  readonly hasNewKeptIds: boolean;
}

const nothingKnown: KnownMailbox = {
  messages: MessageTable.empty,
  hasKeptIds: false,
  folders: new Map(),
};

/** A snapshot from the index. Most logins only list, so what is needed to open a message is parsed only then. */
class RememberedSnapshot implements Snapshot {
  readonly stamp: string;
  readonly list: MessageList;
  readonly folders: ReadonlyMap<string, KnownFolder>;
  readonly leftOut = new LeftOut();
  readonly unsettled = 0;
  readonly hasKeptIds = true;
  readonly removed = 0;
  readonly isProved = true;
  readonly newIds = new Set<string>();
  readonly hasNewKeptIds = false;
  readonly #index: MailboxIndex;
  readonly #forget: () => void;

  constructor(index: MailboxIndex, forget: () => void) {
    this.stamp = index.stamp;
    this.list = index.list;
    this.folders = foldersOf(index);
    this.#index = index;
    this.#forget = forget;
  }

  get messages(): MessageTable {
    const messages = this.#index.messages();
    if (messages !== null) return messages;
    this.#forget();
    throw new Error("the index of the mailbox is damaged; the next session looks again");
  }
}

export class SharedSnapshot {
  readonly #listing: Listing;
  readonly #names = new KnownNames();
  /** Reads what an earlier process has stored; called once, at the first look. */
  #remembered: (() => Promise<MailboxIndex | null>) | null;
  #kept: Snapshot | null = null;
  /** The messages of the last look; they may be gone by now. */
  #known: KnownMailbox = nothingKnown;
  /** How many times `forget` was called, and how many times when the last list began. */
  #forgotten = 0;
  #listedAfter = 0;
  #running: Promise<Snapshot> | null = null;
  #next: Promise<Snapshot> | null = null;

  constructor(listing: Listing, remembered: () => Promise<MailboxIndex | null>) {
    this.#listing = listing;
    this.#remembered = remembered;
  }

  /** The messages of the last look; they may be gone by now. */
  get latest(): MessageTable {
    return this.#known.messages;
  }

  /**
   * The messages that are there now.
   *
   * @param seen what is at the path of the mailbox, where the caller has looked in this turn of the event loop
   */
  look(seen: GivenPath | null = null): Promise<Snapshot> {
    return this.#next ??= this.#afterRunning(seen);
  }

  /** The messages that are there now, without recovering interrupted deletions. */
  async inspect(): Promise<Snapshot> {
    const index = await this.#remembered?.() ?? null;
    if (index !== null) this.#known = { ...knownOf(index), folders: new Map() };
    return await this.#list();
  }

  /** Lists again the next time, and looks at every file, whatever the stamps say. */
  forget(): void {
    this.#kept = null;
    this.#forgotten++;
    this.#names.lookAtAll();
  }

  async #afterRunning(seen: GivenPath | null): Promise<Snapshot> {
    // What was seen before another listing has ended is too old.
    const fresh = this.#running === null ? seen : null;
    await this.#running?.catch(() => {});
    this.#running = this.#next;
    this.#next = null;
    try {
      return await this.#refresh(fresh);
    } finally {
      this.#running = null;
    }
  }

  async #refresh(seen: GivenPath | null = null): Promise<Snapshot> {
    const { folder } = this.#listing;
    const { stamp } = await stampOf({ look: () => folder.look(seen) });
    const kept = this.#kept;
    if (kept !== null && kept.stamp === stamp) {
      if (this.#names.haveLookedAtAll) return kept;
      if (await this.#names.look(folder, kept.messages)) return kept;
      this.forget();
    }
    const remembered = await this.#remembered?.() ?? null;
    this.#remembered = null;
    if (remembered !== null) this.#known = knownOf(remembered);
    const forgotten = this.#forgotten;
    const snapshot = await withSettledFiles(
      folder,
      async () => await this.#recall(remembered) ?? await this.#list(),
    );
    if (!(snapshot instanceof RememberedSnapshot)) this.#known = snapshot;
    if (forgotten === this.#forgotten) {
      this.#kept = snapshot.stamp === null ? null : snapshot;
      if (!(snapshot instanceof RememberedSnapshot)) this.#names.haveListed(snapshot.removed);
      this.#listedAfter = forgotten;
    }
    if (this.#names.isPartDue && !await this.#names.look(folder, snapshot.messages)) {
      this.forget();
      return await this.#refresh();
    }
    return snapshot;
  }

  async #recall(index: MailboxIndex | null): Promise<Snapshot | null> {
    if (index === null || index.stamp !== (await stampOf(this.#listing.folder)).stamp) return null;
    return new RememberedSnapshot(index, () => this.forget());
  }

  async #list(): Promise<Snapshot> {
    const known = this.#forgotten === this.#listedAfter
      ? this.#known
      : { ...this.#known, folders: nothingKnown.folders };
    const { stamp, folders } = await stampOf(this.#listing.folder);
    const startedAt = Date.now();
    const areAllLookedAt = this.#names.looksAtAll;
    const listed = await listMessages(this.#listing, folders, known, this.#names);
    const { messages, ...ids } = await identify(listed, known, this.#listing.layout);
    const { unsettled, isDoubtful } = listed;
    const trusted = new Map<string, KnownFolder>();
    const leftOut = new LeftOut();
    for (const out of listed.leftOut.values()) leftOut.addAll(out);
    for (const [name, folder] of folders) {
      if (unsettled > 0 || isDoubtful || isYoung(folder, startedAt)) continue;
      trusted.set(name, {
        stamp: folder.stamp,
        leftOut: listed.leftOut.get(name) ?? new LeftOut(),
      });
    }
    return {
      list: messages.list,
      messages,
      ...ids,
      folders: trusted,
      stamp: trusted.size === folders.size ? stamp : null,
      leftOut,
      unsettled,
      isProved: areAllLookedAt || this.#names.haveLookedAtAll,
    };
  }
}

/** The text of the stamps that can be trusted, for the index. */
export function trustedStamps({ folders, messages, isProved }: Snapshot): string {
  // The index does not hold other paths. Where there are some, the folders are listed again.
  return messages.hasOtherPaths || !isProved ? "" : joinedStamps(folders);
}

/** What the index says, which is parsed only when the mailbox has changed. */
function knownOf(index: MailboxIndex): KnownMailbox {
  return {
    get messages() {
      return index.messages() ?? MessageTable.empty;
    },
    hasKeptIds: true,
    get folders() {
      return index.messages() === null ? nothingKnown.folders : foldersOf(index);
    },
  };
}

function foldersOf(index: MailboxIndex): ReadonlyMap<string, KnownFolder> {
  const stamps = [...separateStamps(index.stamp)];
  return new Map(stamps.map(([name, stamp]) => [name, { stamp, leftOut: new LeftOut() }]));
}
