/** Finds out by the times of folders whether files have come to a mailbox, or gone. */
import type { MailboxFolder } from "./mailbox_folder.ts";

/** FAT keeps times in steps of two seconds; no file system has longer steps. */
const COARSEST_TICK_MS = 2_000;
/** A time with parts of a second comes from a file system whose steps are a tick of the kernel, 10 ms at most. */
const FINE_TICK_MS = 100;

/** Whether a later change may still get the same time, since it falls into the same step. */
export function isYoung(modified: number, now: number): boolean {
  return now - modified <= (modified % 1_000 === 0 ? COARSEST_TICK_MS : FINE_TICK_MS);
}

/** The folders that are there; the newest of their times; and a text that differs after files have come or gone. */
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
