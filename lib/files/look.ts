/** Synchronous looks at names, for callers that only want to know (file_identity.ts says what a look costs). */
import { lookAtGiven } from "./given_path.ts";
import { nullIfGone } from "./null_if_gone.ts";
import type { FolderEntry } from "./file_system.ts";

/** The entry itself, not what a link points to; null when there is none. */
export function lookNow(path: string): Deno.FileInfo | null {
  return nullIfGone(() => Deno.lstatSync(path));
}

/** What a path of the administrator's leads to; null when this process cannot look at it. */
export function lookAtGivenOrNull(path: string): Deno.FileInfo | null {
  try {
    return lookAtGiven(path)?.info ?? null;
  } catch {
    // Whoever opens the path reports what is wrong with it.
    return null;
  }
}

/** What lies directly in a folder; nothing where this process cannot read it. */
export function entriesNow(path: string): FolderEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch {
    return [];
  }
}

/** Whether this process can make files in a folder. Only an attempt can tell; it leaves nothing there. */
export function canWriteIn(folder: string): boolean {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: folder, prefix: ".pop3svc-" }));
    return true;
  } catch {
    return false;
  }
}

/** Opens a file that an option names to append to it, and makes it if needed. It does not wait at a FIFO. */
export function openToAppend(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
}
