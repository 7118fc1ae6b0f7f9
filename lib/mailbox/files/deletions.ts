/**
 * The deletions of a mailbox that are not finished, as atomic_delete.ts says, and where they are: in our folder, and
 * after a full disk in the spare folder, which is in the state directory.
 */
import { join } from "@std/path";
import { isReadOnlyError } from "../../files/cannot_write.ts";
import type { FileIdentity } from "../../files/file_identity.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";

/** The name of the lock on deletions, in our folder or the spare one. */
export const LOCK = "lock";
/** What the name of an undecided deletion begins with. */
export const MOVING = "moving-";
/** What the name of a decided deletion begins with. */
export const DECIDED = { remove: "deleted-", trash: "trashed-" } as const;
/** What the name of a journal begins with: decided, and not yet complete (deletion_journal.ts). */
export const JOURNAL = { decided: "journal-", unfinished: "unfinished-" } as const;
/** The folder in our folder for deleted messages, where they are not removed. */
export const TRASH = "trash";

/** What happens to the files of a deletion. */
export type Disposal = keyof typeof DECIDED;

/** A file to be deleted, as it was when the client logged in. */
export interface DoomedFile {
  readonly uniqueId: string;
  /** Its path below the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
}

/** The error for a message whose file has changed, or was replaced, since the login. */
export function changedError(): Pop3ResponseError {
  return new Pop3ResponseError("A message has changed since you logged in; nothing was deleted.");
}

/** An interrupted deletion, and what recovery will do with it. */
export interface BrokenOffDeletion {
  readonly name: string;
  readonly outcome: "undone" | "finished";
}

/** The interrupted deletions, which the next login will undo or finish. */
export async function brokenOffDeletions(folder: MailboxFolder): Promise<BrokenOffDeletion[]> {
  const own = await folder.own();
  const names = own.isThere ? await deletionsIn(folder, own.path) : [];
  for (const place of await placesOf(folder, own.path)) {
    names.push(...await journalsIn(folder, place));
  }
  const isUndone = (name: string) => name.startsWith(MOVING) || name.startsWith(JOURNAL.unfinished);
  return names.map((name) => ({ name, outcome: isUndone(name) ? "undone" : "finished" }));
}

/** Whether a name in our folder or the spare one is that of a deletion. */
export function isDeletion(name: string): boolean {
  return isFolderOfDeletion(name) || isJournal(name);
}

/** The names of the deletions in our folder that are folders. */
export async function deletionsIn({ files }: MailboxFolder, own: string): Promise<string[]> {
  const entries = await files.entries(own);
  return entries.filter(({ name, isDirectory }) => isDirectory && isFolderOfDeletion(name))
    .map(({ name }) => name);
}

/** The names of the journals in our folder or the spare one. */
export async function journalsIn({ files }: MailboxFolder, place: string): Promise<string[]> {
  const entries = await files.entries(place);
  return entries.filter(({ name, isFile }) => isFile && isJournal(name)).map(({ name }) => name);
}

/** The folders that may hold journals. */
export async function placesOf(folder: MailboxFolder, own: string): Promise<string[]> {
  const spare = await spareFolderOf(folder);
  return spare === null ? [own] : [own, spare];
}

/**
 * The folder for journals and for the lock where our folder cannot be made; null without a state directory, and where
 * this process may not look into it: then it has no files there.
 */
export async function spareFolderOf(folder: MailboxFolder): Promise<string | null> {
  if (folder.stateDirectory === null) return null;
  const spare = join(folder.stateDirectory, "journals", await folder.key());
  try {
    await folder.files.look(spare);
    return spare;
  } catch (error) {
    if (isReadOnlyError(error)) return null;
    throw error;
  }
}

function isFolderOfDeletion(name: string): boolean {
  return [MOVING, DECIDED.remove, DECIDED.trash].some((kind) => name.startsWith(kind));
}

function isJournal(name: string): boolean {
  return [JOURNAL.decided, JOURNAL.unfinished].some((kind) => name.startsWith(kind));
}
