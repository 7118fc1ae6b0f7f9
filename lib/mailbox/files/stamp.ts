/** Finds out by the times of folders whether files have come to a mailbox, or gone. */
import { type SlowDisks, slowDisks } from "../../files/slow_disks.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";

/** FAT keeps times in steps of two seconds; no file system has longer steps. */
const COARSEST_TICK_MS = 2_000;
/** A time with parts of a second comes from a file system whose steps are a tick of the kernel, 10 ms at most. */
const FINE_TICK_MS = 100;
/** The clock of another machine may differ from ours. */
const REMOTE_TICK_MS = 2_000;
/** Deno gives the time of the last change of any kind in whole seconds. */
const CHANGE_TICK_MS = 2_000;

/** Whether a later change of the folder may still get the same stamp. */
export function isYoung({ modified, changed, isRemote }: FolderStamp, now: number): boolean {
  // The disk keeps no times, or has forgotten them: that of the root of a FAT disk is gone when it is mounted again.
  if (modified <= 0) return true;
  // A program has set the time. If it does so again within the same second, both times are the same.
  const isSet = Math.floor(modified / 1_000) !== Math.floor(changed / 1_000);
  if (isSet && now - changed <= CHANGE_TICK_MS) return true;
  const tick = modified % 1_000 === 0 ? COARSEST_TICK_MS : FINE_TICK_MS;
  return now - modified <= (isRemote ? Math.max(tick, REMOTE_TICK_MS) : tick);
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
  /** When files last came or went; 0 where the disk does not say it. */
  readonly modified: number;
  /** When anything of the folder last changed, in whole seconds; 0 where the disk does not say it. */
  readonly changed: number;
  /** Whether the times are those of another machine. */
  readonly isRemote: boolean;
}

/**
 * Looks at the folders that are there. A program may set the time of a folder back, as rsync and tar do. So the time of
 * its last change of any kind is in the stamp, too, which no program can set.
 *
 * @param disks for tests
 */
export async function stampOf(
  folder: Pick<MailboxFolder, "look">,
  disks: SlowDisks = slowDisks,
): Promise<FolderStamps> {
  const folders = new Map<string, FolderStamp>();
  for (const [name, info] of await folder.look()) folders.set(name, folderStampOf(info, disks));
  return { stamp: joinedStamps(folders), folders };
}

/** The stamp of one folder that was looked at. */
export function folderStampOf(
  { dev, ino, mtime, ctime }: Pick<Deno.FileInfo, "dev" | "ino" | "mtime" | "ctime">,
  disks: SlowDisks = slowDisks,
): FolderStamp {
  const modified = mtime?.getTime() ?? 0;
  const changed = ctime?.getTime() ?? 0;
  const stamp = `${ino} ${modified} ${changed}`;
  return { stamp, modified, changed, isRemote: disks.isRemote(dev) };
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
