/** The deletions of a mailbox that are not finished: folders in our folder, as atomic_delete.ts says. */
import type { MailboxFolder } from "./mailbox_folder.ts";

/** What the name of an undecided deletion begins with. */
export const MOVING = "moving-";
/** What the name of a decided deletion begins with. */
export const DECIDED = { remove: "deleted-", trash: "trashed-" } as const;

/** An interrupted deletion, and what recovery will do with it. */
export interface BrokenOffDeletion {
  readonly name: string;
  readonly outcome: "undone" | "finished";
}

/** The interrupted deletions, which the next login will undo or finish. */
export async function brokenOffDeletions(folder: MailboxFolder): Promise<BrokenOffDeletion[]> {
  const own = await folder.own();
  const names = own.isThere ? await deletionsIn(folder, own.path) : [];
  return names.map((name) => ({ name, outcome: name.startsWith(MOVING) ? "undone" : "finished" }));
}

/** Whether a name in our folder is that of a deletion. */
export function isDeletion(name: string): boolean {
  return [MOVING, DECIDED.remove, DECIDED.trash].some((kind) => name.startsWith(kind));
}

/** The names of the deletions in our folder. */
export async function deletionsIn({ files }: MailboxFolder, own: string): Promise<string[]> {
  const entries = await files.entries(own);
  return entries.filter(({ name, isDirectory }) => isDirectory && isDeletion(name))
    .map(({ name }) => name);
}
