/** Looks at names synchronously, for callers that open nothing (slow_disks.ts says why logins do not). */
import { dirname, join } from "@std/path";
import { isDiskFull } from "./cannot_write.ts";
import { isSameInode } from "./file_identity.ts";
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

/** Whether this process may look at names in a folder. It may without the right to list them. */
export function mayEnter(folder: string): boolean {
  try {
    lookNow(join(folder, NO_NAME));
    return true;
  } catch {
    return false;
  }
}

/** A name that is probably not there. */
const NO_NAME = ".pop3svc-check";

/**
 * Whether this process may make files in a folder. Only an attempt shows that; it leaves no file there. A full disk says
 * nothing about it.
 */
export function canWriteIn(folder: string): boolean {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: folder, prefix: ".pop3svc-" }));
    return true;
  } catch (error) {
    return isDiskFull(error);
  }
}

/**
 * Opens a file that an option names to append to it, and makes it if needed. It does not wait at a FIFO.
 *
 * @throws {ForeignLinkError} when a link on the way must not be followed
 */
export async function openToAppend(path: string): Promise<Deno.FsFile> {
  if (lookAtGiven(path) === null && lookNow(path) !== null) throw leadsNowhere(path);
  const file = await Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
  try {
    // Somebody could have put a link on the way meanwhile.
    const [opened, named] = [await file.stat(), lookAtGiven(path)];
    if (named === null || !isSameInode(opened, named.info)) throw leadsNowhere(path);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Why `openToAppend` would fail; null when it would not. It makes no file. */
export async function whyNotAppendable(path: string): Promise<unknown> {
  try {
    if (lookAtGiven(path) !== null) {
      (await Deno.open(path, { read: true, append: true })).close();
      return null;
    }
    if (lookNow(path) !== null) return leadsNowhere(path);
    return canWriteIn(dirname(path)) ? null : new Error("no file can be made there");
  } catch (error) {
    return error;
  }
}

function leadsNowhere(path: string): Error {
  return new Error(`${path} is a link that leads to no file of its owner, and is not followed`);
}
