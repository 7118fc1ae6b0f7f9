/** Puts the files of a deletion into the folder of that deletion, as atomic_delete.ts says. */
import { dirname, join } from "@std/path";
import { isSameInode } from "../../files/file_identity.ts";
import type { FileSystem } from "../../files/file_system.ts";
import { changedError, type DoomedFile } from "./deletions.ts";
import { keep } from "./kept_files.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";

/** Where the files of a deletion go. */
export interface Aside {
  readonly folder: MailboxFolder;
  /** Our folder. */
  readonly own: string;
  /** The folder of the deletion, in our folder. */
  readonly moving: string;
  /** From 1; above that it is for files that were renamed before we could move them. */
  readonly round: number;
}

/** Gives each file a second name in our folder; the mailbox is unchanged. @returns whether a file was not there */
export async function linkAside(
  { folder, own, moving }: Aside,
  doomed: readonly DoomedFile[],
): Promise<boolean> {
  const { files, path: mailbox } = folder;
  const names = foldersOf(doomed);
  await makeFolders(files, moving, names);
  let isMissing = false;
  for (const { path, identity } of doomed) {
    try {
      await files.link(join(mailbox, path), join(moving, path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        isMissing = true;
        continue;
      }
      // A round before may have linked it already.
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    const linked = await files.look(join(moving, path));
    if (linked === null || !folder.isStill(linked, identity)) throw changedError();
  }
  for (const name of names) await files.sync(join(moving, name));
  await files.sync(moving);
  await files.sync(own);
  return isMissing;
}

/** Moves the files into our folder. @returns whether a file was not there */
export async function moveAside(
  { folder, own, moving, round }: Aside,
  doomed: readonly DoomedFile[],
): Promise<boolean> {
  const { files, path: mailbox } = folder;
  const folders = new Map<string, Deno.FileInfo>();
  for (const name of foldersOf(doomed)) folders.set(name, await folder.realFolder(name));
  await makeFolders(files, moving, folders.keys());
  // The folder must be durable before files move into it.
  await files.sync(moving);
  await files.sync(own);
  await files.sync(mailbox);
  let isMissing = false;
  for (const { path, identity } of doomed) {
    const info = await files.look(join(mailbox, path));
    if (info !== null && !folder.isStill(info, identity)) throw changedError();
    // A rename would replace what a round before has moved.
    if (round > 1 && await files.look(join(moving, path)) !== null) throw changedError();
    if (info === null || !await isRenamed(files, join(mailbox, path), join(moving, path))) {
      isMissing = true;
      continue;
    }
    const moved = await files.look(join(moving, path));
    if (moved !== null && folder.isStill(moved, identity)) continue;
    await returnStray(folder, own, moving, path, folders.get(dirname(path)) ?? null);
    throw changedError();
  }
  for (const name of folders.keys()) {
    await files.sync(join(moving, name));
    await files.sync(join(mailbox, name));
  }
  return isMissing;
}

/** Renames a file; false when it is gone. */
async function isRenamed(files: FileSystem, from: string, to: string): Promise<boolean> {
  try {
    await files.rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
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
