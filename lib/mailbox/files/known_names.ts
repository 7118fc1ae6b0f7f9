/**
 * Says which known names in a folder that has changed need no look.
 *
 * A name that is still there may mean another file: a program may have renamed one over it, or removed it and made it
 * again. Only a look shows that, and in a huge folder the looks take most of the time of a login. So:
 *
 * - In a mailbox of up to `LOOK_AT_ALL` messages, every file is looked at. So it is at the first list after the start, and
 *   after any file turned out to be another one.
 * - In a larger one, each login looks at one part of `PARTS`, until all have been looked at since the last change. So a
 *   file that was replaced is noticed after twenty logins at the latest. RETR, TOP, DELE and QUIT notice it at once, as
 *   always, since they look at the file.
 * - A file that was young at the last look is looked at again: it may have been written to since, within the same tick.
 */
import { join } from "@std/path";
import { TimeSlice } from "../../time/time_slice.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { type MessageTable, youngSince } from "./message_table.ts";

// See above.
const LOOK_AT_ALL = 1_000;
const PARTS = 20;

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
  /** How many rows have not been looked at since the last change of a folder. */
  #left = 0;

  /** Looks at every file at the next listing. */
  lookAtAll(): void {
    this.#looksAtAll = true;
  }

  /** A listing is done, and its messages are known. */
  haveListed(): void {
    this.#looksAtAll = false;
  }

  /** Begins a listing. */
  begin(messages: MessageTable): TrustedNames {
    const since = youngSince();
    let isInPart: ((row: number) => boolean) | null = null;
    this.#left = 0;
    const looksAtAll = this.#looksAtAll || messages.size <= LOOK_AT_ALL;
    const isTrusted = (row: number) => {
      if (looksAtAll || messages.wasYoung(row)) return false;
      if (isInPart === null) {
        this.#left = messages.size;
        isInPart = this.#nextPart(messages.size);
      }
      return !isInPart(row);
    };
    return {
      isTrusted,
      lookedAt: (row) => messages.markYoung(row, messages.modifiedAt(row) > since),
    };
  }

  /** Looks at the next part of a mailbox whose folders have not changed; whether all files are as before. */
  async look(folder: MailboxFolder, messages: MessageTable): Promise<boolean> {
    if (this.#left === 0) return true;
    const isInPart = this.#nextPart(messages.size);
    const slice = new TimeSlice();
    for (let row = 0; row < messages.size; row++) {
      if (!isInPart(row)) continue;
      await slice.pause();
      const info = await folder.files.look(join(folder.path, messages.pathAt(row)));
      if (info === null || !folder.isStill(info, messages.identityAt(row))) return false;
    }
    return true;
  }

  #nextPart(count: number): (row: number) => boolean {
    const length = Math.ceil(count / PARTS);
    const begin = this.#at < count ? this.#at : 0;
    const end = begin + length;
    this.#at = end;
    this.#left = Math.max(0, this.#left - length);
    return (row) => row >= begin && row < end;
  }
}
