/**
 * Waits for young files of a plain folder.
 *
 * Some programs write their files directly into a plain folder, and nothing shows when a file is complete. So a young file
 * is a message only after it has not changed for a while:
 *
 * - By default a file is young for two seconds, since FAT keeps times in such steps. A login waits a quarter of a
 *   second, and serves young files whose size and time have not changed meanwhile. It repeats that for two seconds at
 *   most.
 * - If the options give a settle time, no younger file is served, and a login does not wait for it.
 * - A time in the future means a wrong clock: such a file is young until it has not changed for a quarter of a second.
 * - A file that was served before, and has not changed, is served again.
 *
 * A copy that stalls for longer is noticed when the message is opened: the identity of the file has changed.
 */
import { join } from "@std/path";
import type { Clock } from "../../time/clock.ts";
import { identityOf, isSameFile } from "../../files/file_identity.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import type { FileAtPath } from "./message_ids.ts";

// See above.
const YOUNG_MS = 2_000;
const QUIET_MS = 250;

/**
 * The files that can be served.
 *
 * @param found without files that were served before, and have not changed
 * @param began when they were looked at or before, in milliseconds since 1970: a file may have been written to since
 * @param settleTime milliseconds; null for the default
 */
export async function waitForYoungFiles(
  folder: MailboxFolder,
  found: readonly FileAtPath[],
  began: number,
  settleTime: number | null,
  clock: Clock,
): Promise<FileAtPath[]> {
  const ageOf = ({ info }: FileAtPath) => began - (info.mtime?.getTime() ?? 0);
  const files: FileAtPath[] = [];
  let waiting: FileAtPath[] = [];
  for (const file of found) {
    const age = ageOf(file);
    if (age >= (settleTime ?? YOUNG_MS)) files.push(file);
    else if (settleTime === null || age < 0) waiting.push(file);
  }
  const until = clock.now() + YOUNG_MS;
  while (waiting.length > 0 && clock.now() < until) {
    await new Promise<void>((resolve) => clock.after(QUIET_MS, resolve));
    const moving: FileAtPath[] = [];
    for (const file of waiting) {
      const info = await folder.files.look(join(folder.path, file.path));
      if (info === null || !folder.isServed(info)) continue;
      const isQuiet = isSameFile(identityOf(info), identityOf(file.info));
      (isQuiet ? files : moving).push({ ...file, info });
    }
    waiting = moving;
  }
  return files;
}
