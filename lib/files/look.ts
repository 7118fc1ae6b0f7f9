/** Looks at names synchronously, for callers that open nothing (slow_disks.ts says why logins do not). */
import { lookAtGiven } from "./given_path.ts";
import { nullIfGone } from "./null_if_gone.ts";
import type { FolderEntry } from "./file_system.ts";

/** The entry itself, not what a link points to; null when there is none. */
export function lookNow(path: string): Deno.FileInfo | null {
  return nullIfGone(() => Deno.lstatSync(path));
}

/** What a path that the administrator gave leads to; null when this process cannot look at it. */
export function lookAtGivenOrNull(path: string): Deno.FileInfo | null {
  try {
    return lookAtGiven(path)?.info ?? null;
  } catch {
    // The code that opens the path reports what is wrong with it.
    return null;
  }
}

/** The entries directly in a folder; none where this process cannot read it. */
export function entriesNow(path: string): FolderEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch {
    return [];
  }
}

/** Whether this process can make files in a folder. Only an attempt shows that; it leaves no file there. */
export function canWriteIn(folder: string): boolean {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: folder, prefix: ".pop3svc-" }));
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a file that an option names to append to it, and makes it if needed. It does not wait at a FIFO.
 *
 * @throws {ForeignLinkError} when a link on the way must not be followed
 */
export async function openToAppend(path: string): Promise<Deno.FsFile> {
  lookAtGiven(path);
  return await Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
}
