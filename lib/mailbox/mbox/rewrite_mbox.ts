/**
 * Deletes messages of an mbox, all of them or none, whenever the process is killed or the disk fails. The caller
 * holds all locks, and the index is that of the file.
 *
 * First, what is kept and what is deleted must add up to the file, and what will be left must hold the kept messages
 * unchanged (kept_ranges.ts). Then, where a new file can replace the mbox:
 *
 * 1. `old` in our folder becomes a second name of the mbox, and `new` is made, with the owner, group and mode of the
 *    mbox.
 * 2. What stays is written into `new`, and synced. The mbox must still be as it was.
 * 3. `new` is renamed over the mbox. This one rename is the decision; it is synced.
 * 4. `old` is removed.
 *
 * When the sync fails, the client gets the reply that nothing was deleted, so the old file is renamed back. If even that
 * fails, the reply is that the outcome is not known, and this process remembers to rename it when the mbox is next opened.
 * All other leftovers are removed then. When the disk does not answer the rename (slow_disks.ts), `new` is removed: either
 * that stops the rename, or `new` is not there any more, and the deletion is decided.
 *
 * A new file cannot replace the mbox if the mbox has a second name or is reached by a link, if we cannot write in its
 * folder, if the disk has no room for it, or if we cannot give another file its owner. Then we rewrite the mbox in place
 * (rewrite_in_place.ts).
 */
import { basename, dirname, join } from "@std/path";
import { isDiskFull } from "../../files/cannot_write.ts";
import { type FileIdentity, identityOf, isSameFile } from "../../files/file_identity.ts";
import type { FileSystem } from "../../files/file_system.ts";
import type { InPlaceFile } from "../../files/in_place_file.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { UnknownOutcomeError } from "../unknown_outcome.ts";
import { copy, type FileRange } from "./file_range.ts";
import { rangesOf, safeRangesOf } from "./kept_ranges.ts";
import type { MboxIndex } from "./mbox_index.ts";
import type { LockedFolder, MboxPlace } from "./mbox_place.ts";
import { rewriteInPlace } from "./rewrite_in_place.ts";

/** A deletion to carry out. */
export interface MboxDeletion {
  readonly place: MboxPlace;
  readonly own: LockedFolder;
  /** The open, locked mbox. */
  readonly mbox: InPlaceFile;
  readonly index: MboxIndex;
  readonly uniqueIds: ReadonlySet<string>;
  /** The folder for the journal, if it has room there. */
  readonly stateFolder: string;
  /** Whether the deleted messages are copied to the trash. */
  readonly isTrashed: boolean;
}

const BLANK_LINE = new TextEncoder().encode("\n\n");

/** The paths of mboxes whose rename could not be taken back yet (see above). */
const revoked = new Set<string>();

export async function deleteFromMbox(deletion: MboxDeletion): Promise<void> {
  const { place, own, mbox, index, uniqueIds } = deletion;
  const ranges = rangesOf(index, uniqueIds);
  const kept = await safeRangesOf(place.path, mbox, ranges);
  if (deletion.isTrashed) await copyToTrash(place, own, mbox, ranges.deleted);
  const { info } = mbox;
  const mayReplace = own.isBeside && info.nlink === 1 &&
    (await place.files.look(place.path))?.isSymlink === false;
  if (mayReplace && await prepareReplacement(place, own, info)) {
    if (await replaceMbox(deletion, kept)) return;
  }
  await rewriteInPlace(place, deletion.stateFolder, mbox, index.identity.size, kept);
}

/** Finishes or undoes what a killed process, or a failure, left. The caller holds our lock. */
export async function recoverReplacement(place: MboxPlace, own: LockedFolder): Promise<void> {
  const { files, path } = place;
  const [, old] = namesIn(place, own.path);
  for (const name of await leftoversIn(place, own.path)) {
    if (name !== old) await files.remove(name);
  }
  if (await files.look(old) === null) return void revoked.delete(path);
  if (!revoked.has(path)) return await files.remove(old);
  await files.rename(old, path);
  revoked.delete(path);
  await files.sync(dirname(path));
}

/** The files in one of our folders that recovery must handle. */
export async function leftoversIn(place: MboxPlace, folder: string): Promise<string[]> {
  const leftovers: string[] = [];
  const unfinished = ["dot-lock", "ids-new", "journal-new"].map((name) =>
    place.nameIn(folder, name)
  );
  for (const name of [...namesIn(place, folder), ...unfinished]) {
    if (await place.files.look(name) !== null) leftovers.push(name);
  }
  return leftovers;
}

/** Whether a new file can replace the mbox; if so, makes it, empty. */
async function prepareReplacement(
  place: MboxPlace,
  own: LockedFolder,
  info: Deno.FileInfo,
): Promise<boolean> {
  const { files } = place;
  const [replacement, old] = namesIn(place, own.path);
  try {
    await files.link(place.path, old);
    (await files.create(replacement))[Symbol.dispose]();
    await files.give(replacement, info);
    return true;
  } catch {
    await removeLeftovers(place, own);
    return false;
  }
}

/** False if nothing was changed, since the new file found no room. */
async function replaceMbox(
  { place, own, mbox, index }: MboxDeletion,
  kept: readonly FileRange[],
): Promise<boolean> {
  const { files, path } = place;
  const [replacement, old] = namesIn(place, own.path);
  try {
    {
      using to = await files.openInPlace(replacement);
      if (to === null) throw new Error(`${replacement} is gone`);
      let end = 0;
      for (const range of kept) end = await copy(mbox, range, to, end);
      await to.sync();
    }
    assertUnchanged(identityOf(place.look().info), index);
    await files.rename(replacement, path);
  } catch (error) {
    const isDecided = error instanceof Deno.errors.TimedOut &&
      !await isRemoved(files, replacement, error);
    if (!isDecided) {
      await removeLeftovers(place, own);
      if (isDiskFull(error)) return false;
      throw error;
    }
  }
  try {
    await files.sync(dirname(path));
  } catch (error) {
    revoked.add(path);
    await recoverReplacement(place, own).catch(() => {});
    throw revoked.has(path) ? new UnknownOutcomeError(error) : error;
  }
  await files.remove(old).catch(() => {});
  return true;
}

/** Removes a file, so that it cannot be renamed any more; false if it has been renamed. */
async function isRemoved(files: FileSystem, path: string, cause: Error): Promise<boolean> {
  try {
    await files.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new UnknownOutcomeError(cause);
  }
}

/** @throws {Pop3ResponseError} when a program that ignores our locks has replaced the mbox, or written to it */
export function assertUnchanged(now: FileIdentity, { identity }: MboxIndex): void {
  if (isSameFile(now, identity)) return;
  throw new Pop3ResponseError("Another program is writing this mailbox.", { code: "IN-USE" });
}

async function removeLeftovers(place: MboxPlace, own: LockedFolder): Promise<void> {
  for (const name of await leftoversIn(place, own.path)) {
    await place.files.remove(name).catch(() => {});
  }
}

/** Copies deleted messages to the trash before the decision: one may be there twice, but is never lost. */
async function copyToTrash(
  { files, path }: MboxPlace,
  own: LockedFolder,
  mbox: OpenFile,
  deleted: readonly FileRange[],
): Promise<void> {
  const name = join(own.path, `${basename(path)}.trash`);
  if (await files.look(name) === null) (await files.create(name))[Symbol.dispose]();
  using trash = await files.openInPlace(name);
  if (trash === null) throw new Error(`${name} is not a file`);
  const before = trash.identityNow().size;
  try {
    let end = before;
    for (const range of deleted) {
      end = await copy(mbox, range, trash, end);
      // The last message of a file may lack its line end.
      await trash.write(BLANK_LINE, end);
      end += BLANK_LINE.length;
    }
    await trash.sync();
  } catch (error) {
    await trash.truncate(before).catch(() => {});
    throw error;
  }
}

function namesIn(place: MboxPlace, folder: string): readonly [replacement: string, old: string] {
  return [place.nameIn(folder, "new"), place.nameIn(folder, "old")];
}
