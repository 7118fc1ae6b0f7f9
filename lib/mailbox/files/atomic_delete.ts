/**
 * Deletes message files of one mailbox: all of them or none, even if the process is killed at any moment, the disk is
 * full, or one file cannot be moved.
 *
 * A deletion is a folder in our folder of the mailbox (own_folder.ts):
 *
 *     moving-ID    undecided: files are being moved into it, each to the path that it had in the mailbox
 *     deleted-ID   decided: all files are in it, to be removed
 *     trashed-ID   decided: all files are in it, to be moved into the folder `trash` beside it
 *
 * 1. The files are moved, one by one, into `moving-ID`. Each move can be undone. The folders are synced.
 * 2. `moving-ID` is renamed to `deleted-ID` or `trashed-ID`, and that is synced. This rename is the decision.
 * 3. The files in it are removed, or moved to the trash; then our folders are removed. The outcome cannot change any
 *    more.
 *
 * The next login to the mailbox recovers what a killed process left, before it lists anything:
 *
 * - `moving-ID` is undone: its files go back to their old places. If another file has the old name by now, that file
 *   stays as it is, and ours gets a free name beside it.
 * - `deleted-ID` and `trashed-ID` are finished.
 *
 * When the decision or its sync fails, it is taken back by another rename, to a new `moving-ID`, and the client gets the
 * reply that nothing was deleted. Of two renames of one folder only one can succeed, also where the disk carries out the
 * first later (slow_disks.ts). If the second fails, too, the reply is that the outcome is not known: this process remembers
 * to undo the deletion, and another one finishes it if it finds it decided.
 *
 * Other programs may rename and link files in the mailbox meanwhile. So we check a file before we move it and again
 * afterwards, and never remove a file that is not a message of the mailbox. Such a file goes back, or stays in `kept`,
 * which only the server's user can open, and the log names it.
 *
 * In a mailbox of another user nothing is ever put back, since its owner could replace a folder on the way by a link.
 * There our folder is not in the mailbox (mailbox_folder.ts), and the steps are:
 *
 * 1. Each file gets a second name (a hard link) in `moving-ID`, and is checked there. Removing that name undoes the
 *    step.
 * 2. The decision is the same rename.
 * 3. The first name of each file is moved into our folder, and checked there. If it is that file, it is removed;
 *    otherwise it is kept.
 *
 * On a full disk our folder, or a folder in it, may find no room. Then a journal of the names takes its place, in our
 * folder or in the state directory (deletion_journal.ts). Where no journal finds room either, messages are deleted one
 * by one, and the client learns how many (one_by_one.ts): the only exception to all or none.
 *
 * Deleting and recovering hold a lock (deletion_lock.ts). Listing needs no lock: it checks before and after whether our
 * folder has appeared or disappeared; if so, it lists again under the lock. Reading never needs to write.
 */
import { join } from "@std/path";
import { isDiskFull } from "../../files/cannot_write.ts";
import { lockWithinProcess } from "../../files/lock_within_process.ts";
import { UnknownOutcomeError } from "../unknown_outcome.ts";
import { deletedByJournal } from "./deletion_journal.ts";
import { type DeletionLock, lockDeletions } from "./deletion_lock.ts";
import {
  changedError,
  DECIDED,
  type Disposal,
  type DoomedFile,
  LOCK,
  MOVING,
  placesOf,
} from "./deletions.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { deleteOneByOne } from "./one_by_one.ts";
import { linkAside, moveAside } from "./put_aside.ts";
import { isRevoked, recover, revoke } from "./recover_deletions.ts";

/** After this many tries another program renames messages faster than we can move them. */
const MOST_ROUNDS = 5;

/**
 * Deletes files. A file that is gone already counts as deleted.
 *
 * @param locate finds the files; called under the lock, after interrupted deletions are recovered
 * @throws {PartialDeletionError} when the disk is full and no journal can be written
 * @throws {UnknownOutcomeError} when nobody knows yet whether they are deleted
 * @throws any other error that occurs; then nothing is deleted
 */
export async function deleteFiles(
  folder: MailboxFolder,
  disposal: Disposal,
  locate: () => Promise<readonly DoomedFile[]>,
): Promise<void> {
  const own = (await folder.own()).path;
  using lock = await lockUnlessFull(folder);
  if (lock === null) {
    // Even a lock needs room. Nobody else of this process may delete meanwhile.
    using _lock = await lockWithinProcess(join(own, LOCK));
    return await deleteOneByOne(folder, own, disposal, await locate());
  }
  await recover(folder, own);
  const doomed = await locate();
  if (doomed.length === 0) return;
  if (lock.hasOwnFolder && await deletedByMoving(folder, own, disposal, doomed, locate)) return;
  for (const place of await placesOf(folder, own)) {
    if (place === own && !lock.hasOwnFolder) continue;
    if (await deletedByJournal(folder, own, place, disposal, doomed)) return;
  }
  await deleteOneByOne(folder, own, disposal, doomed);
}

/** Null when the disk is full. */
async function lockUnlessFull(folder: MailboxFolder): Promise<DeletionLock | null> {
  try {
    return await lockDeletions(folder);
  } catch (error) {
    if (isDiskFull(error)) return null;
    throw error;
  }
}

/** Deletes by moving files; false if nothing was deleted, since the disk is full. */
async function deletedByMoving(
  folder: MailboxFolder,
  own: string,
  disposal: Disposal,
  doomed: readonly DoomedFile[],
  locate: () => Promise<readonly DoomedFile[]>,
): Promise<boolean> {
  const { files } = folder;
  const id = crypto.randomUUID();
  const moving = join(own, `${MOVING}${id}`);
  const decided = join(own, `${DECIDED[disposal]}${id}`);
  const putAside = folder.isGuarded ? linkAside : moveAside;
  let mayBeDecided = false;
  try {
    let left = doomed;
    for (let round = 1; await putAside({ folder, own, moving, round }, left); round++) {
      // Another program has renamed or removed some of them since they were located.
      if (round === MOST_ROUNDS) throw changedError();
      left = await locate();
      if (left.length === 0) break;
    }
    mayBeDecided = true;
    await files.rename(moving, decided);
    await files.sync(own);
  } catch (error) {
    if (mayBeDecided) revoke(decided);
    const undone = await recover(folder, own).then(() => true, () => false);
    if (undone && isDiskFull(error)) return false;
    throw isRevoked(decided) ? new UnknownOutcomeError(error) : error;
  }
  // The decision is durable. If the rest fails now, the next login does it.
  await recover(folder, own).catch(() => {});
  return true;
}
