/**
 * Says which known names in a folder that has changed need no look.
 *
 * A name that is still there may mean another file: a program may have renamed one over it, or removed it and made it
 * again. Only a look shows that, and in a huge folder the looks take most of the time of a login. So:
 *
 * - If the folders that have changed hold up to `LOOK_AT_ALL` messages, each of their files is looked at. So it is at the
 *   first list after the start, and after any file turned out to be another one.
 * - In larger ones, each login looks at one part: a twentieth, or `MOST_AT_ONCE` where that is less, until all have been
 *   looked at since the last change. So in a mailbox of up to 20 000, a file that was replaced is noticed after some twenty
 *   logins at the latest. RETR, TOP, DELE and QUIT notice it at once, as always, since they look at the file.
 * - The part is looked at while all folders are listed. Where only some are, it is looked at afterwards, since it may be of
 *   the other folders.
 * - A file that was young at the last look is looked at again: it may have been written to since, within the same tick.
 */
import { join } from "@std/path";
import { TimeSlice } from "../../time/time_slice.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { type MessageTable, youngSince } from "./message_table.ts";

// See above.
const LOOK_AT_ALL = 1_000;
const PARTS = 20;
const MOST_AT_ONCE = 1_000;

/** The decisions of one listing. */
export interface TrustedNames {
  /** Whether the file of a row needs no look. */
  isTrusted(row: number): boolean;
  /** Called for a file that was looked at, and is as before. */
  lookedAt(row: number): void;
}

export class KnownNames {
  #looksAtAll = true;
  /** Where the next part begins. */
  #at = 0;
  /** Whether the last listing has looked at a part. */
  #hasPart = false;
  /** How many rows have not been looked at since the last change of a folder. */
  #left = 0;

  /** Whether the next listing looks at every file. */
  get looksAtAll(): boolean {
    return this.#looksAtAll;
  }

  /** Looks at every file at the next listing. */
  lookAtAll(): void {
    this.#looksAtAll = true;
  }

  /** Whether all files have been looked at since the last change of their folder. */
  get haveLookedAtAll(): boolean {
    return this.#left === 0;
  }

  /**
   * A listing is done, and its messages are known.
   *
   * @param removed how many rows of the messages before are not there any more: the others have moved up
   */
  haveListed(removed: number): void {
    if (this.#looksAtAll) this.#left = 0;
    this.#looksAtAll = false;
    this.#at = Math.max(0, this.#at - removed);
    if (this.#left > 0) this.#left += removed;
  }

  /**
   * Begins a listing.
   *
   * @param listed how many of the messages are in the folders that are listed
   */
  begin(messages: MessageTable, listed: number): TrustedNames {
    const since = youngSince(Date.now());
    let hasBegun = false;
    let [begin, end] = [0, 0];
    this.#hasPart = false;
    const looksAtAll = this.#looksAtAll || listed <= LOOK_AT_ALL;
    const isOfAll = listed === messages.size;
    const isTrusted = (row: number) => {
      if (looksAtAll || messages.wasYoung(row)) return false;
      if (!hasBegun) {
        hasBegun = true;
        this.#left = messages.size;
        this.#hasPart = isOfAll;
        if (isOfAll) [begin, end] = this.#nextPart(messages.size);
      }
      return row < begin || row >= end;
    };
    return {
      isTrusted,
      lookedAt: (row) => messages.markYoung(row, messages.modifiedAt(row) > since),
    };
  }

  /** Whether the next part is due after a listing, since that one was of other folders, or of none. */
  get isPartDue(): boolean {
    return this.#left > 0 && !this.#hasPart;
  }

  /** Looks at the next part, if there is one; whether all of its files are as before. */
  async look(folder: MailboxFolder, messages: MessageTable): Promise<boolean> {
    if (this.#left === 0) return true;
    const [begin, end] = this.#nextPart(messages.size);
    const slice = new TimeSlice();
    for (let row = begin; row < end; row++) {
      await slice.pause();
      const info = await folder.files.look(join(folder.path, messages.pathAt(row)));
      if (info === null || !folder.isStill(info, messages.identityAt(row))) return false;
    }
    return true;
  }

  /** The first row of the next part, and the one after its last. */
  #nextPart(count: number): [number, number] {
    const begin = this.#at < count ? this.#at : 0;
    const end = Math.min(count, begin + Math.min(Math.ceil(count / PARTS), MOST_AT_ONCE));
    this.#at = end;
    this.#left = Math.max(0, this.#left - (end - begin));
    return [begin, end];
  }
}
