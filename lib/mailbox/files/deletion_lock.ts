/**
 * The lock on the deletions of a mailbox. It is in our folder. If that cannot be made, since the disk is full, it is in
 * the spare folder. A process that has one of these locks looks for the other, so that two processes never delete at
 * the same time.
 */
import { dirname, join } from "@std/path";
import { isDiskFull } from "../../files/cannot_write.ts";
import { LockedError } from "../../files/file_lock.ts";
import { makeStateFolder } from "../../files/state_directory.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { lookIfAllowed } from "../look_if_allowed.ts";
import { LOCK, spareFolderOf } from "./deletions.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";

export interface DeletionLock extends Disposable {
  /** Whether our folder could be made. */
  readonly hasOwnFolder: boolean;
}

/** Another process makes and removes its lock while we look: this often, something else is wrong. */
const MOST_ATTEMPTS = 100;

/**
 * Takes the lock that deleting and recovering hold.
 *
 * @throws {Pop3ResponseError} with the code `IN-USE` when another process keeps it
 */
export async function lockDeletions(folder: MailboxFolder): Promise<DeletionLock> {
  const { files } = folder;
  const own = (await folder.own()).path;
  const spare = await spareFolderOf(folder);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const lock = await lockOwn(folder, own, spare !== null);
    if (lock !== null) return lock;
    if (spare === null) break;
    await makeStateFolder(dirname(spare));
    using held = new DisposableStack();
    held.use(await lockIn(folder, spare));
    if (await lookIfAllowed(files, join(own, LOCK)) === null) {
      const locks = held.move();
      return { hasOwnFolder: false, [Symbol.dispose]: () => locks[Symbol.dispose]() };
    }
    // Another process could make it after all.
  }
  throw inUse(new LockedError(join(own, LOCK)));
}

/** Locks our folder, and waits for a process that holds the spare lock; null on a full disk, where there is a spare. */
async function lockOwn(
  folder: MailboxFolder,
  own: string,
  hasSpare: boolean,
): Promise<DeletionLock | null> {
  using held = new DisposableStack();
  try {
    await folder.prepareOwn(own);
    held.use(await lockIn(folder, own));
  } catch (error) {
    if (hasSpare && isDiskFull(error)) return null;
    throw error;
  }
  const spare = await spareFolderOf(folder);
  if (spare !== null && await folder.files.look(join(spare, LOCK)) !== null) {
    held.use(await lockIn(folder, spare));
  }
  const locks = held.move();
  return { hasOwnFolder: true, [Symbol.dispose]: () => locks[Symbol.dispose]() };
}

/** Takes the lock in one folder, which is made if needed. */
export async function lockIn({ files }: MailboxFolder, place: string): Promise<Disposable> {
  try {
    return await files.lock(join(place, LOCK));
  } catch (cause) {
    throw cause instanceof LockedError ? inUse(cause) : cause;
  }
}

function inUse(cause: LockedError): Pop3ResponseError {
  return new Pop3ResponseError("Another session is deleting in this mailbox.", {
    code: "IN-USE",
    cause,
  });
}
