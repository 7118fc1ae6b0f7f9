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
 * When the sync of the decision fails, the client gets the reply that nothing was deleted, so the decision is taken
 * back. If even that fails, this process remembers it and undoes the decision later.
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
 * Deleting and recovering hold a lock, the file `lock` in our folder. Listing needs no lock: it checks before and after
 * whether our folder has appeared or disappeared; if so, it lists again under the lock. Reading never needs to write.
 */
import { dirname, join } from "@std/path";
import { type FileIdentity, isSameInode } from "../../files/file_identity.ts";
import type { FileSystem } from "../../files/file_system.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { DECIDED, MOVING } from "./deletions.ts";
import { keep } from "./kept_files.ts";
import { recover, revoke } from "./recover_deletions.ts";
import { lockDeletions } from "./settled_files.ts";

/** What happens to the files of a deletion. */
export type Disposal = keyof typeof DECIDED;

/** A file to be deleted, as it was when the client logged in. */
export interface DoomedFile {
  /** Its path below the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
}

/** The error for a message whose file has changed, or was replaced, since the login. */
export function changedError(): Pop3ResponseError {
  return new Pop3ResponseError("A message has changed since you logged in; nothing was deleted.");
}

/**
 * Deletes files. A file that is gone already counts as deleted.
 *
 * @param locate finds the files; called under the lock, after interrupted deletions are recovered
 * @throws any error that occurs; then nothing is deleted
 */
export async function deleteFiles(
  folder: MailboxFolder,
  disposal: Disposal,
  locate: () => Promise<readonly DoomedFile[]>,
): Promise<void> {
  const { files } = folder;
  const own = (await folder.own()).path;
  using _lock = await lockDeletions(folder, own);
  await recover(folder, own);
  const doomed = await locate();
  if (doomed.length === 0) return;
  const id = crypto.randomUUID();
  const moving = join(own, `${MOVING}${id}`);
  const decided = join(own, `${DECIDED[disposal]}${id}`);
  try {
    if (folder.isGuarded) await linkAside(folder, own, moving, doomed);
    else await moveAside(folder, own, moving, doomed);
    await files.rename(moving, decided);
    await files.sync(own);
  } catch (error) {
    revoke(decided);
    await recover(folder, own).catch(() => {});
    throw error;
  }
  // The decision is durable. If the rest fails now, the next login does it.
  await recover(folder, own).catch(() => {});
}

/** Gives each file a second name in our folder; the mailbox is unchanged. */
async function linkAside(
  folder: MailboxFolder,
  own: string,
  moving: string,
  doomed: readonly DoomedFile[],
): Promise<void> {
  const { files, path: mailbox } = folder;
  const names = foldersOf(doomed);
  await makeFolders(files, moving, names);
  for (const { path, identity } of doomed) {
    try {
      await files.link(join(mailbox, path), join(moving, path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    const linked = await files.look(join(moving, path));
    if (linked === null || !folder.isStill(linked, identity)) throw changedError();
  }
  for (const name of names) await files.sync(join(moving, name));
  await files.sync(moving);
  await files.sync(own);
}

/** Moves the files into our folder. */
async function moveAside(
  folder: MailboxFolder,
  own: string,
  moving: string,
  doomed: readonly DoomedFile[],
): Promise<void> {
  const { files, path: mailbox } = folder;
  const folders = new Map<string, Deno.FileInfo>();
  for (const name of foldersOf(doomed)) folders.set(name, await folder.realFolder(name));
  await makeFolders(files, moving, folders.keys());
  // The folder must be durable before files move into it.
  await files.sync(moving);
  await files.sync(own);
  await files.sync(mailbox);
  for (const { path, identity } of doomed) {
    const info = await files.look(join(mailbox, path));
    if (info === null) continue;
    if (!folder.isStill(info, identity)) throw changedError();
    await files.rename(join(mailbox, path), join(moving, path));
    const moved = await files.look(join(moving, path));
    if (moved !== null && folder.isStill(moved, identity)) continue;
    await returnStray(folder, own, moving, path, folders.get(dirname(path)) ?? null);
    throw changedError();
  }
  for (const name of folders.keys()) {
    await files.sync(join(moving, name));
    await files.sync(join(mailbox, name));
  }
}

/** The folders of the mailbox that hold these files. */
function foldersOf(doomed: readonly DoomedFile[]): ReadonlySet<string> {
  return new Set(doomed.map(({ path }) => dirname(path)));
}

/** Makes the folder of a deletion, and in it a folder for each folder that its files come from. */
async function makeFolders(
  files: FileSystem,
  moving: string,
  names: Iterable<string>,
): Promise<void> {
  await files.makeFolder(moving);
  for (const name of names) {
    if (name !== ".") await files.makeFolder(join(moving, name));
  }
}

/**
 * Handles a file that somebody else put in the place of the file to be moved. It goes back if its folder is still the
 * same; otherwise it is kept.
 */
async function returnStray(
  folder: MailboxFolder,
  own: string,
  moving: string,
  path: string,
  before: Deno.FileInfo | null,
): Promise<void> {
  const { files } = folder;
  const from = join(moving, path);
  try {
    const now = await folder.realFolder(dirname(path));
    if (before !== null && isSameInode(before, now)) {
      return await files.link(from, join(folder.path, path)).then(() => files.remove(from));
    }
  } catch {
    // Kept below.
  }
  await keep(folder, own, from);
}
