/**
 * Deletes message files of one mailbox: all of them or none, at whatever instant the process is killed, the
 * disk fills up, or one file cannot be moved.
 *
 * Everything of ours is in the hidden folder `.pop3svc` of the mailbox. A deletion is a folder in there:
 *
 *     moving-ID    undecided: files are being moved into it, each to the path that it had in the mailbox
 *     deleted-ID   decided: all files are in it, to be removed
 *     trashed-ID   decided: all files are in it, to be moved into the folder `trash` beside it
 *
 * 1. The set is moved, file by file, into `moving-ID`. Each move can be undone. The folders are synced.
 * 2. `moving-ID` is renamed to `deleted-ID` or `trashed-ID`, and that is synced. This rename is the decision.
 * 3. The files in it are removed, or moved on, then our folders. None of it can change the outcome any more.
 *
 * What a killed process left behind, whoever opens the mailbox next mends, before it lists anything:
 *
 * - `moving-ID` is undone: its files go back to where they were. A file that has come to that place meanwhile
 *   is not touched; the one that comes back takes a free name beside it.
 * - `deleted-ID` and `trashed-ID` are finished.
 *
 * When an error comes between the decision and its sync, the caller is told that nothing was deleted, so the
 * decision is taken back; where even that fails, this process remembers it and undoes it later.
 *
 * Listing holds a shared lock on the mailbox folder, deleting and mending an exclusive one: nobody ever sees a
 * part of a set as gone and a part as there. The lock is the system's own: it ends with its holder.
 */
import { basename, dirname, join } from "@std/path";
import type { FileSystem } from "./file_system.ts";
import { type FileIdentity, identityOf, isSameFile } from "./message_file.ts";

/** The hidden folder of a mailbox where everything of ours lives. */
export const OWN_FOLDER = ".pop3svc";
const MOVING = "moving-";
const DECIDED = { remove: "deleted-", trash: "trashed-" } as const;
const TRASH = "trash";

/** What becomes of the files of a deletion. */
export type Disposal = keyof typeof DECIDED;

/** Decisions that could not be taken back, by path; see above. */
const revoked = new Set<string>();

/** A file that shall be deleted, as it was when the client logged in. */
export interface DoomedFile {
  /** Its path below the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
}

/**
 * A file that is gone already counts as deleted; one that took its place is not touched.
 *
 * @param locate finds the files; asked when nobody moves them and all broken-off deletions are mended
 * @throws what went wrong; then nothing is deleted
 */
export async function deleteFiles(
  files: FileSystem,
  mailbox: string,
  disposal: Disposal,
  locate: () => Promise<readonly DoomedFile[]>,
): Promise<void> {
  using _lock = await files.lock(mailbox, "exclusive");
  await mend(files, mailbox);
  const doomed = await locate();
  if (doomed.length === 0) return;
  const own = join(mailbox, OWN_FOLDER);
  const id = crypto.randomUUID();
  const moving = join(own, `${MOVING}${id}`);
  const decided = join(own, `${DECIDED[disposal]}${id}`);
  try {
    await moveAside(files, mailbox, moving, doomed);
    await files.rename(moving, decided);
    await files.sync(own);
  } catch (error) {
    revoked.add(decided);
    await mend(files, mailbox).catch(() => {});
    throw error;
  }
  // It is decided and durable: what is left is done now, or when the mailbox is next opened.
  await mend(files, mailbox).catch(() => {});
}

/** Runs `list` while no deletion is under way, with all that were broken off mended. */
export async function withSettledFiles<T>(
  files: FileSystem,
  mailbox: string,
  list: () => Promise<T>,
): Promise<T> {
  {
    using _lock = await files.lock(mailbox, "shared");
    if (await isSettled(files, mailbox)) return await list();
  }
  using _lock = await files.lock(mailbox, "exclusive");
  await mend(files, mailbox);
  return await list();
}

async function moveAside(
  files: FileSystem,
  mailbox: string,
  moving: string,
  doomed: readonly DoomedFile[],
): Promise<void> {
  const folders = new Set(doomed.map(({ path }) => dirname(path)));
  await files.makeFolder(dirname(moving));
  await files.makeFolder(moving);
  for (const folder of folders) await files.makeFolder(join(moving, folder));
  // Where the files go must not get lost before they are in it.
  await files.sync(moving);
  await files.sync(dirname(moving));
  await files.sync(mailbox);
  for (const { path, identity } of doomed) {
    const info = await files.look(join(mailbox, path));
    if (info === null || !isSameFile(identityOf(info), identity)) continue;
    await files.rename(join(mailbox, path), join(moving, path));
  }
  for (const folder of folders) {
    await files.sync(join(moving, folder));
    await files.sync(join(mailbox, folder));
  }
}

/** A deletion that was broken off, and what mending will do with it. */
export interface BrokenOffDeletion {
  readonly name: string;
  readonly outcome: "undone" | "finished";
}

/** What the next one who opens the mailbox will mend. */
export async function brokenOffDeletions(
  files: FileSystem,
  mailbox: string,
): Promise<BrokenOffDeletion[]> {
  const names = await deletions(files, mailbox);
  return names.map((name) => ({ name, outcome: name.startsWith(MOVING) ? "undone" : "finished" }));
}

/** Is there no deletion that is not over, and no empty folder of ours? */
async function isSettled(files: FileSystem, mailbox: string): Promise<boolean> {
  const own = join(mailbox, OWN_FOLDER);
  if (await files.look(own) === null) return true;
  const isEmpty = (await files.entries(own)).length === 0;
  return !isEmpty && (await deletions(files, mailbox)).length === 0;
}

/** The deletions of a mailbox that are not over. */
async function deletions(files: FileSystem, mailbox: string): Promise<string[]> {
  const entries = await files.entries(join(mailbox, OWN_FOLDER));
  return entries.map(({ name }) => name).filter((name) =>
    [MOVING, DECIDED.remove, DECIDED.trash].some((kind) => name.startsWith(kind))
  );
}

/** Undoes or finishes every deletion that is not over. The caller holds the exclusive lock. */
async function mend(files: FileSystem, mailbox: string): Promise<void> {
  const own = join(mailbox, OWN_FOLDER);
  for (const name of await deletions(files, mailbox)) {
    const deletion = join(own, name);
    if (name.startsWith(MOVING) || revoked.has(deletion)) {
      await putAllBack(files, mailbox, deletion);
    } else if (name.startsWith(DECIDED.trash)) {
      await moveToTrash(files, own, deletion);
    }
    for (const path of await filesIn(files, deletion)) await files.remove(join(deletion, path));
    for (const folder of await files.entries(deletion)) {
      await files.remove(join(deletion, folder.name));
    }
    await files.remove(deletion);
    revoked.delete(deletion);
  }
  // Our folder goes away when it is empty; something else of ours may keep it.
  if (await files.look(own) !== null) await files.remove(own).catch(() => {});
}

/** The paths of the files of a deletion, below it. There are folders only one deep, as in a Maildir. */
async function filesIn(files: FileSystem, deletion: string): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, isDirectory } of await files.entries(deletion)) {
    if (!isDirectory) {
      paths.push(name);
      continue;
    }
    for (const inner of await files.entries(join(deletion, name))) {
      paths.push(join(name, inner.name));
    }
  }
  return paths;
}

/** Every file of the deletion has its old name again, durably, when this returns; it may have its new one too. */
async function putAllBack(files: FileSystem, mailbox: string, deletion: string): Promise<void> {
  const paths = await filesIn(files, deletion);
  for (const path of paths) await nameAnew(files, join(deletion, path), join(mailbox, path));
  for (const folder of new Set(paths.map(dirname))) await files.sync(join(mailbox, folder));
}

async function moveToTrash(files: FileSystem, own: string, deletion: string): Promise<void> {
  const trash = join(own, TRASH);
  await files.makeFolder(trash);
  for (const path of await filesIn(files, deletion)) {
    await nameAnew(files, join(deletion, path), join(trash, basename(path)));
  }
  await files.sync(trash);
}

/** Gives a file a name outside the deletion, without ever taking the place of another. */
async function nameAnew(files: FileSystem, from: string, to: string): Promise<void> {
  const file = await files.look(from);
  for (let attempt = 0;; attempt++) {
    const place = attempt === 0 ? to : join(dirname(to), `${attempt}.${basename(to)}`);
    const there = await files.look(place);
    // It has it already: we were killed behind the link, the last time.
    if (there !== null && there.ino !== null && there.ino === file?.ino) return;
    if (there !== null) continue;
    try {
      return await files.link(from, place);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      // No hard links here, or not to this file: nobody of ours takes the name while we hold the lock.
      return await files.rename(from, place);
    }
  }
}
