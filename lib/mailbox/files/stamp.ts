/** What tells whether something has come to the folders of a mailbox or gone. */
import type { MailboxFolder } from "./mailbox_folder.ts";

/** FAT keeps times in steps of two seconds, and none is coarser. */
const COARSEST_TICK_MS = 2_000;
/** A time with a part below a second is of a file system whose steps are a tick of the kernel, 10 ms at most. */
const FINE_TICK_MS = 100;

/** Whether something may still come within the same step of the file system's clock. */
export function isYoung(modified: number, now: number): boolean {
  return now - modified <= (modified % 1_000 === 0 ? COARSEST_TICK_MS : FINE_TICK_MS);
}

/** The folders that are there, and what tells whether something has come to them or gone. */
export async function stampOf(
  folder: MailboxFolder,
): Promise<
  { readonly stamp: string; readonly newest: number; readonly folders: readonly string[] }
> {
  const folders = await folder.look();
  const stamps: string[] = [];
  let newest = 0;
  for (const [name, info] of folders) {
    const modified = info.mtime?.getTime() ?? 0;
    newest = Math.max(newest, modified);
    stamps.push(`${name} ${info.ino} ${modified}`);
  }
  return { stamp: stamps.join("; "), newest, folders: [...folders.keys()] };
}
