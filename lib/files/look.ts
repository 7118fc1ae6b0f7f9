/** Looks at names for those who only want to know, synchronously: see file_version.ts for what that costs. */
import { lookAtGiven } from "./given_path.ts";
import { nullIfGone } from "./null_if_gone.ts";
import type { FolderEntry } from "./file_system.ts";

/** The entry itself, not what a link points to; null when there is none. */
export function lookNow(path: string): Deno.FileInfo | null {
  return nullIfGone(() => Deno.lstatSync(path));
}

/** What a path of the administrator's leads to; null when there is nothing that this process may look at. */
export function lookAtGivenOrNull(path: string): Deno.FileInfo | null {
  try {
    return lookAtGiven(path)?.info ?? null;
  } catch {
    // Whoever needs what is there says what is wrong with it.
    return null;
  }
}

/** What is directly inside; nothing where there is no folder that this process may read. */
export function entriesNow(path: string): FolderEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch {
    return [];
  }
}

/** Whether this process can make files there. Nothing but an attempt tells; it leaves nothing. */
export function canWriteIn(folder: string): boolean {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: folder, prefix: ".pop3svc-" }));
    return true;
  } catch {
    return false;
  }
}

/** Opens a file that an option names, to append to it; it is made where it is not there. Does not wait at a FIFO. */
export function openToAppend(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
}
