/** When an mbox is opened, finishes or undoes what a killed process, or a failure, left. */
import type { InPlaceFile } from "../../files/in_place_file.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { isOwnDotLock } from "./dot_lock.ts";
import type { LockedFolder, MboxPlace } from "./mbox_place.ts";
import { hasJournal, recoverInPlace } from "./rewrite_in_place.ts";
import { oldLeftoversOf, removeOldLeftovers } from "./old_leftovers.ts";
import { leftoversIn, recoverReplacement } from "./rewrite_mbox.ts";

/** Runs the work while holding our lock and those of other programs. */
export type Locked = (
  work: (
    own: LockedFolder,
    mbox: InPlaceFile,
    report: (error: Error) => void,
  ) => Promise<void>,
) => Promise<void>;

/**
 * Recovers an mbox that is about to be read.
 *
 * @returns whether there was nothing to recover
 * @throws {Pop3ResponseError} `[SYS/TEMP]` when it is half rewritten and cannot be recovered now
 */
export async function recoverMbox(place: MboxPlace, locked: Locked): Promise<boolean> {
  const isHalf = await isHalfRewritten(place);
  if (!isHalf && (await leftoversOf(place)).length === 0) {
    return !await place.removeStaleLocks();
  }
  try {
    await locked((own, mbox, report) => recoverLocked(place, own, mbox, report));
    return false;
  } catch (cause) {
    // Other leftovers disturb nobody, and reading must not need to write.
    if (!isHalf) return false;
    if (cause instanceof Pop3ResponseError) throw cause;
    throw new Pop3ResponseError("Your mailbox cannot be opened now.", { code: "SYS/TEMP", cause });
  }
}

/** Recovers an mbox of which the caller holds all locks. */
export async function recoverLocked(
  place: MboxPlace,
  own: LockedFolder,
  mbox: InPlaceFile,
  report: (error: Error) => void,
): Promise<void> {
  await recoverReplacement(place, own);
  for (const folder of await place.stateFolders()) {
    await recoverInPlace(place, folder, mbox, report);
  }
  await removeOldLeftovers(place, mbox, report);
}

/** What will be finished, undone or removed when the mbox is next opened. */
export async function leftoversOf(place: MboxPlace): Promise<string[]> {
  const leftovers: string[] = [];
  for (const folder of await place.folders()) leftovers.push(...await leftoversIn(place, folder));
  for (const folder of await place.stateFolders()) {
    if (await hasJournal(place, folder)) leftovers.push(place.nameIn(folder, "journal"));
  }
  const { realPath } = place.look();
  if (await isOwnDotLock(place.files, realPath)) leftovers.push(`${realPath}.lock`);
  return [...leftovers, ...await oldLeftoversOf(place)];
}

/** Whether the mbox is being rewritten in place, or that was interrupted. */
export async function isHalfRewritten(place: MboxPlace): Promise<boolean> {
  for (const folder of await place.stateFolders()) {
    if (await hasJournal(place, folder)) return true;
  }
  return false;
}
