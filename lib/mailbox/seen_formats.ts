/**
 * Remembers the formats of folders. To find one out takes a look at several names, and the names in a folder are as they
 * were while its stamp is.
 */
import type { GivenPath } from "../files/given_path.ts";
import { type Awaitable, then } from "../protocol/reply.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";
import { folderStampOf, isYoung } from "./files/stamp.ts";
import { type MailboxFormat, seenFormat } from "./open_mailbox.ts";

const MOST_FOLDERS = 1_000;

export class SeenFormats {
  readonly #formats = new BoundedMap<{ readonly stamp: string; readonly format: MailboxFormat }>(
    MOST_FOLDERS,
  );

  /**
   * The format of what is at a path.
   *
   * @param startedAt when the look that has found it began, in milliseconds since 1970
   */
  of(path: string, given: GivenPath, startedAt: number): Awaitable<MailboxFormat> {
    if (!given.info.isDirectory) return seenFormat(path, given);
    const folder = folderStampOf(given.info);
    const stamp = `${given.info.dev} ${folder.stamp}`;
    const known = this.#formats.get(path);
    if (known?.stamp === stamp) return known.format;
    return then(seenFormat(path, given), (format) => {
      if (!isYoung(folder, startedAt)) this.#formats.set(path, { stamp, format });
      return format;
    });
  }
}
