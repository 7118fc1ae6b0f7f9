/**
 * Finishes or undoes deletions (atomic_delete.ts). The same code finishes a deletion that succeeds and one that a killed
 * process left.
 */
import { basename, dirname, join } from "@std/path";
import { isDiskFull } from "../../files/cannot_write.ts";
import { isSameInode } from "../../files/file_identity.ts";
import { finishJournals } from "./deletion_journal.ts";
import { DECIDED, deletionsIn, MOVING, placesOf, TRASH } from "./deletions.ts";
import { giveName } from "./give_name.ts";
import { keep } from "./kept_files.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { lookIfAllowed } from "../look_if_allowed.ts";
import { pathsByInode } from "./paths_by_inode.ts";

/** The folder in a deletion for files that were moved out of the mailbox and must still be checked. */
const SWEPT = "swept";

/** The paths of decisions that could not be taken back on the disk. */
const revoked = new Set<string>();

/** Takes back a decision, even if its folder is still on the disk: the next `recover` undoes it. */
export function revoke(decision: string): void {
  revoked.add(decision);
}

/** Whether a decision was revoked, and is not taken back on the disk. */
export function isRevoked(decision: string): boolean {
  return revoked.has(decision);
}

/** Undoes or finishes every deletion that is not finished. The caller holds the lock on deletions. */
export async function recover(folder: MailboxFolder, own: string): Promise<void> {
  await recoverFolders(folder, own);
  for (const place of await placesOf(folder, own)) await finishJournals(folder, own, place);
}

/** The same for deletions that are folders in one folder of ours. */
export async function recoverFolders(folder: MailboxFolder, own: string): Promise<void> {
  const { files } = folder;
  for (const name of await deletionsIn(folder, own)) {
    const isUndone = name.startsWith(MOVING) || revoked.has(join(own, name));
    const deletion = isUndone ? await takeBack(folder, own, name) : join(own, name);
    if (deletion === null) return await recoverFolders(folder, own);
    const paths = await settleSwept(folder, own, deletion, await filesIn(folder, own, deletion));
    if (!isUndone) {
      if (folder.isGuarded) await removeFirstNames(folder, own, deletion, paths);
      if (name.startsWith(DECIDED.trash)) await moveToTrash(folder, own, deletion, paths);
    } else if (!folder.isGuarded) await putAllBack(folder, deletion, paths);
    for (const path of paths) {
      // Where there are no hard links, the file was moved, and is not here any more.
      if (await files.look(join(deletion, path)) !== null) await files.remove(join(deletion, path));
    }
    for (const inner of await files.entries(deletion)) {
      await files.remove(join(deletion, inner.name));
    }
    await files.remove(deletion);
    if (isUndone) forgetRevoked(own, name);
  }
}

/**
 * Gives the folder of a deletion a new name that says that it is undecided. So it stays, even if this process is killed,
 * and even if the disk carries out a rename now that it has not answered before (slow_disks.ts).
 *
 * @returns its path; null when it was decided just now
 */
async function takeBack(
  { files }: MailboxFolder,
  own: string,
  name: string,
): Promise<string | null> {
  const undecided = join(own, `${MOVING}${crypto.randomUUID()}`);
  try {
    await files.rename(join(own, name), undecided);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    // There may be no room for another name.
    if (isDiskFull(error)) return join(own, name);
    throw error;
  }
  forgetRevoked(own, name);
  // If that fails, only a loss of power can bring the old name back.
  await files.sync(own).catch(() => {});
  return undecided;
}

/** Forgets the decisions of a deletion, which has one of its names. */
function forgetRevoked(own: string, name: string): void {
  const id = name.slice(name.indexOf("-") + 1);
  for (const kind of Object.values(DECIDED)) revoked.delete(join(own, `${kind}${id}`));
}

/** Removes the names that the files of a deletion still have in the mailbox; another program may have changed them. */
async function removeFirstNames(
  folder: MailboxFolder,
  own: string,
  deletion: string,
  paths: readonly string[],
): Promise<void> {
  const { files } = folder;
  let byInode: ReadonlyMap<number, readonly string[]> | null = null;
  for (const path of paths) {
    await removeName(folder, own, deletion, path, path);
    const file = await files.look(join(deletion, path));
    if (file === null || file.ino === null || (file.nlink ?? 1) <= 1) continue;
    // The file was renamed, or has several names.
    byInode ??= await pathsByInode(folder);
    for (const other of byInode.get(file.ino) ?? []) {
      await removeName(folder, own, deletion, path, other);
    }
  }
}

/** Removes or keeps files that a killed process had moved, but not checked. @returns the other paths */
async function settleSwept(
  folder: MailboxFolder,
  own: string,
  deletion: string,
  paths: readonly string[],
): Promise<string[]> {
  const { files } = folder;
  const isSwept = (path: string) => path.startsWith(`${SWEPT}/`);
  const meant = paths.filter((path) => !isSwept(path));
  for (const path of paths.filter(isSwept)) {
    const swept = await files.look(join(deletion, path));
    let isMeant = false;
    for (const each of meant) {
      const file = await files.look(join(deletion, each));
      isMeant ||= swept !== null && file !== null && isSameInode(swept, file);
    }
    if (isMeant) await files.remove(join(deletion, path));
    else await keep(folder, own, join(deletion, path));
  }
  return meant;
}

/** Moves the file of this name into our folder, and removes it there only if it is the file of the deletion. */
async function removeName(
  folder: MailboxFolder,
  own: string,
  deletion: string,
  meant: string,
  path: string,
): Promise<void> {
  const { files } = folder;
  const first = join(folder.path, path);
  const file = await files.look(join(deletion, meant));
  const there = await lookIfAllowed(files, first);
  if (file === null || there === null || !isSameInode(file, there)) return;
  const swept = join(deletion, SWEPT, crypto.randomUUID());
  await files.makeFolder(dirname(swept));
  try {
    await files.rename(first, swept);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const moved = await files.look(swept);
  if (moved !== null && isSameInode(moved, file)) await files.remove(swept);
  else await keep(folder, own, swept);
}

/**
 * The paths of the messages in a deletion, relative to it. It has at most one level of folders, as a Maildir has. Files
 * of other users are kept.
 */
async function filesIn(folder: MailboxFolder, own: string, deletion: string): Promise<string[]> {
  const { files } = folder;
  const paths: string[] = [];
  for (const { name, isDirectory } of await files.entries(deletion)) {
    const inner = isDirectory ? await files.entries(join(deletion, name)) : [];
    paths.push(...isDirectory ? inner.map((entry) => join(name, entry.name)) : [name]);
  }
  const ours: string[] = [];
  for (const path of paths) {
    const info = await files.look(join(deletion, path));
    if (info !== null && folder.isServed(info)) ours.push(path);
    else await keep(folder, own, join(deletion, path));
  }
  return ours;
}

/** Gives every file of the deletion its old name back, durably. A file may still have its new name, too. */
async function putAllBack(
  folder: MailboxFolder,
  deletion: string,
  paths: readonly string[],
): Promise<void> {
  const names = new Set(paths.map(dirname));
  for (const name of names) {
    if (name !== "." && await folder.files.look(join(folder.path, name)) === null) {
      await folder.files.makeFolder(join(folder.path, name));
    }
    await folder.realFolder(name);
  }
  for (const path of paths) await giveName(folder, join(deletion, path), join(folder.path, path));
  for (const name of names) await folder.files.sync(join(folder.path, name));
}

async function moveToTrash(
  folder: MailboxFolder,
  own: string,
  deletion: string,
  paths: readonly string[],
): Promise<void> {
  const trash = join(own, TRASH);
  await folder.files.makeFolder(trash);
  for (const path of paths) {
    await giveName(folder, join(deletion, path), join(trash, basename(path)));
  }
  await folder.files.sync(trash);
}
