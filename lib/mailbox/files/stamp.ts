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

/** The folders of a mailbox at one moment. */
export interface FolderStamps {
  /** Differs after files have come or gone in any folder. */
  readonly stamp: string;
  readonly folders: ReadonlyMap<string, FolderStamp>;
}

export interface FolderStamp {
  /** Differs after files have come or gone. */
  readonly stamp: string;
  /** When files last came or went. */
  readonly modified: number;
}

/**
 * Looks at the folders that are there. A program may set the time of a folder back, as rsync and tar do. So the time of
 * its last change of any kind is in the stamp, too, which no program can set.
 */
export async function stampOf(folder: MailboxFolder): Promise<FolderStamps> {
  const folders = new Map<string, FolderStamp>();
  for (const [name, { ino, mtime, ctime }] of await folder.look()) {
    const modified = mtime?.getTime() ?? 0;
    folders.set(name, { stamp: `${ino} ${modified} ${ctime?.getTime() ?? 0}`, modified });
  }
  return { stamp: joinedStamps(folders), folders };
}

/** One text for the stamps of several folders. */
export function joinedStamps(folders: ReadonlyMap<string, Pick<FolderStamp, "stamp">>): string {
  return [...folders].map(([name, { stamp }]) => `${name} ${stamp}`).join("; ");
}

/** The stamps in such a text. */
export function separateStamps(joined: string): ReadonlyMap<string, string> {
  const parts = joined === "" ? [] : joined.split("; ");
  return new Map(parts.map((part) => {
    const space = part.indexOf(" ");
    return [part.slice(0, space), part.slice(space + 1)];
  }));
}
