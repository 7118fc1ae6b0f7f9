/**
 * Writes the index of a mailbox, as seldom as it can: that of a huge mailbox takes a hundred times as long as a login
 * after one delivery.
 *
 * An index need not be the newest: the next start looks at the files that it does not know. But where a restart could give
 * a message another unique id, the index is written before any client gets the id: when an id does not follow from the
 * name of the file, and when a message gets the id of one that the index still has. If it cannot be written then, since
 * the disk is full, it is tried again once a minute; where nothing can ever be written, it is not.
 */
import { isReadOnlyError } from "../../files/cannot_write.ts";
import type { MessageList } from "../../provider/message_list.ts";
import type { Clock } from "../../time/clock.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { LEAST_MESSAGES } from "./mailbox_index.ts";
import { hasNoPlace } from "./settled_files.ts";
import { type Snapshot, trustedStamps } from "./shared_snapshot.ts";
import { writeIndex } from "./write_index.ts";

/** So much older than the mailbox the index may become. */
const OLD_MS = 60_000;

export class StoredIndex {
  readonly #folder: MailboxFolder;
  readonly #clock: Clock;
  /** The messages that the index has; null where we have written none. */
  #stored: MessageList | null = null;
  /** When it was last written, or could not be. */
  #triedAt = -Infinity;
  /** Whether ids of the last looks must be stored before a client gets them. */
  #isDue = false;

  constructor(folder: MailboxFolder, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Whether the index must be written before a client gets these ids, or again, since that has failed. */
  isDue(snapshot: Snapshot): boolean {
    if (snapshot.list.octets !== null) {
      return this.#isDue && this.#clock.now() - this.#triedAt >= OLD_MS;
    }
    const stored = this.#stored;
    this.#isDue ||= snapshot.hasNewKeptIds ||
      snapshot.hasKeptIds && stored === null ||
      stored !== null &&
        [...snapshot.newIds].some((uniqueId) => stored.numberOf(uniqueId) !== undefined);
    return this.#isDue;
  }

  /** Stores what is known of a whole mailbox, for later sessions and the next start. Ignores failures. */
  async store(snapshot: Snapshot): Promise<void> {
    const { list, messages } = snapshot;
    if (list === this.#stored) return;
    if (list.count < LEAST_MESSAGES && !snapshot.hasKeptIds) return;
    if (!this.#isDue && this.#clock.now() - this.#triedAt < OLD_MS) return;
    const before = { stored: this.#stored, isDue: this.#isDue };
    // Already now, so that nobody else writes the same list meanwhile.
    this.#stored = list;
    this.#isDue = false;
    this.#triedAt = this.#clock.now();
    try {
      const { files } = this.#folder;
      await writeIndex(files, await this.#folder.stateFolder(), trustedStamps(snapshot), messages);
    } catch (error) {
      if (!isReadOnlyError(error) && !hasNoPlace(error)) {
        this.#isDue ||= before.isDue;
        if (this.#stored === list) this.#stored = before.stored;
      }
    }
    this.#triedAt = this.#clock.now();
  }
}
