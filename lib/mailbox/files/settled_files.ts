/** Lists a mailbox so that the list shows a deletion completely or not at all; see atomic_delete.ts. */
import { dirname } from "@std/path";
import { cannotWrite } from "../../files/cannot_write.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { lockDeletions } from "./deletion_lock.ts";
import { isDeletion, LOCK, spareFolderOf } from "./deletions.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { recover } from "./recover_deletions.ts";

/** How often it lists again because our folder appeared or disappeared, before it takes the lock. */
const MOST_FREE_LISTINGS = 2;

/** Runs `list` while no deletion is half done, after it has recovered interrupted deletions. */
export async function withSettledFiles<T>(
  folder: MailboxFolder,
  list: () => Promise<T>,
): Promise<T> {
  let own = await ownState(folder);
  for (let attempt = 0; attempt < MOST_FREE_LISTINGS && own.isSettled; attempt++) {
    const listed = await list();
    const now = await ownState(folder);
    if (now.stamp === own.stamp) return listed;
    own = now;
  }
  let held: Disposable;
  try {
    held = await lockDeletions(folder);
  } catch (error) {
    // Nothing can be written here, so what another process left cannot be finished.
    if (cannotWrite(error)) return await list();
    throw error;
  }
  using _lock = held;
  await recover(folder, own.path);
  return await list();
}

interface OwnState {
  readonly path: string;
  /** Changes when a deletion begins or ends. */
  readonly stamp: string;
  /** Whether no deletion is running, and none was interrupted. */
  readonly isSettled: boolean;
}

async function ownState(folder: MailboxFolder): Promise<OwnState> {
  const own = await ownOrNone(folder);
  const spare = await spareFolderOf(folder);
  const stamps: string[] = [];
  let isSettled = true;
  for (const path of [own, spare]) {
    if (path === null) continue;
    // A deletion makes this folder and removes it again, which changes the time of the folder around it.
    const around = await folder.files.look(dirname(path));
    const isThere = around !== null && await folder.files.look(path) !== null;
    stamps.push(`${isThere} ${around?.mtime?.getTime() ?? 0}`);
    if (!isThere) continue;
    const names = (await folder.files.entries(path)).map(({ name }) => name);
    isSettled &&= !names.some((name) => name === LOCK || isDeletion(name));
  }
  return { path: own ?? "", stamp: stamps.join(" "), isSettled };
}

/** The path of our folder; null where there is no place for it, so that there can be no deletion. */
async function ownOrNone(folder: MailboxFolder): Promise<string | null> {
  try {
    return (await folder.own()).path;
  } catch (error) {
    if (hasNoPlace(error)) return null;
    throw error;
  }
}

/** Whether the error says that there is no place for our folder. */
export function hasNoPlace(error: unknown): boolean {
  return error instanceof Pop3ResponseError && error.code === "READ-ONLY";
}
