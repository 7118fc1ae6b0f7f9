/**
 * Remembers the formats of folders. To find one out takes a look at several names, and the names in a folder are as they
 * were while its stamp is.
 */
import type { GivenPath } from "../files/given_path.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";
import { type FolderStamp, folderStampOf, isYoung } from "./files/stamp.ts";
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
  async of(path: string, given: GivenPath, startedAt: number): Promise<MailboxFormat> {
    const format = this.known(path, given) ?? await seenFormat(path, given);
    const folder = folderStampOf(given.info);
    if (given.info.isDirectory && !isYoung(folder, startedAt)) {
      this.#formats.set(path, { stamp: stampWithDisk(folder, given), format });
    }
    return format;
  }

  /** The format, where it is known without another look. */
  known(path: string, given: GivenPath): MailboxFormat | null {
    const known = this.#formats.get(path);
    if (known === undefined || !given.info.isDirectory) return null;
    return known.stamp === stampWithDisk(folderStampOf(given.info), given) ? known.format : null;
  }
}

function stampWithDisk({ stamp }: FolderStamp, { info }: GivenPath): string {
  return `${info.dev} ${stamp}`;
}
