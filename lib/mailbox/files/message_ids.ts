/**
 * Gives each file of a mailbox its unique id (RFC 1939 section 7).
 *
 * - A file is the same message as before if its size and the second of its time are the same, and also its inode with
 *   the stem of its name. In a copy of the mailbox, which has other inodes, the whole base name must be the same. (A
 *   Maildir's stem ends before the first comma; a file of a plain folder that is renamed is another message.)
 * - A message keeps its unique id as long as we know it: from the last look, or from the index.
 * - A new message gets the id of its base name (unique_id_of_name.ts). If another message has, or had, that id, as far
 *   as we know, its id is also made from its inode, size and time: no message gets the id of another.
 * - Files with the same inode and base name are one message, even in several folders.
 *
 * Most messages of a huge mailbox are as they were at the last look: their rows are copied, and only the other files are
 * compared with the messages that are gone.
 */
import { identityOf } from "../../files/file_identity.ts";
import type { ListedFile } from "../../files/file_system.ts";
import { TimeSlice } from "../../time/time_slice.ts";
import {
  type Candidate,
  FormerMessages,
  nameIn,
  ROWS_AT_ONCE,
  stampOf,
  stemsOfKeptIds,
} from "./former_messages.ts";
import { byTimeThenName, MergedTable } from "./merged_table.ts";
import type { MessageLayout } from "./message_layout.ts";
import type { MessageTable } from "./message_table.ts";
import { derivedUniqueId, uniqueIdOfName } from "./unique_id_of_name.ts";

/** A file by its path below the mailbox. */
export interface FileAtPath extends ListedFile {
  readonly path: string;
}

/** The messages that were known before. */
export interface KnownMessages {
  readonly messages: MessageTable;
  readonly hasKeptIds: boolean;
}

/** What was found in the folders. */
export interface FoundFiles {
  /** When the looks at them began, in milliseconds since 1970. */
  readonly began: number;
  /** For each row of the messages that were known before, 1 where its file is there, unchanged. */
  readonly kept: Uint8Array;
  /** All other files. */
  readonly files: readonly FileAtPath[];
}

export interface IdentifiedMessages {
  /** In the order in which they are numbered: by time, then by base name. */
  readonly messages: MessageTable;
  /** Whether some may have an id that does not follow from their name alone. */
  readonly hasKeptIds: boolean;
  /** The ids that messages got now. */
  readonly newIds: ReadonlySet<string>;
  /** Whether one of these does not follow from the name alone. */
  readonly hasNewKeptIds: boolean;
  /** How many of the messages before are not there any more, or have changed. */
  readonly removed: number;
}

export async function identify(
  { began, kept, files }: FoundFiles,
  known: KnownMessages,
  layout: MessageLayout,
): Promise<IdentifiedMessages> {
  const before = known.messages;
  const slice = new TimeSlice();
  const { candidates, otherPaths } = candidatesOf(files, kept, before, layout);
  await slice.pause();
  candidates.sort(byTimeThenName);
  await slice.pause();
  const former = new FormerMessages(before, kept, layout);
  const ids = candidates.map((each) => former.size === 0 ? null : former.claimByPath(each));
  let { hasKeptIds } = known;
  let hasNewKeptIds = false;
  const claim = async (by: (candidate: Candidate) => string | null) => {
    for (const [at, candidate] of candidates.entries()) {
      await slice.pause();
      const uniqueId = ids[at] ?? by(candidate);
      if (uniqueId === ids[at]) continue;
      ids[at] = uniqueId;
      hasNewKeptIds ||= uniqueId !== await uniqueIdOfName(candidate.base);
    }
  };
  if (former.size > 0) {
    await claim((candidate) => former.claimByInode(candidate));
    await claim((candidate) => former.claimByName(candidate));
  }
  const newIds = new Set<string>();
  // For a new file with such a stem, another message has, or had, the id of its name.
  const lentStems = known.hasKeptIds && ids.includes(null)
    ? await stemsOfKeptIds(before, layout, slice)
    : new Set<string>();
  const newStems: string[] = [];
  const builder = new MergedTable(before, kept, otherPaths, candidates, began, layout);
  for (const [at, candidate] of candidates.entries()) {
    if (at % ROWS_AT_ONCE === 0) await slice.pause();
    const { base, identity } = candidate;
    let uniqueId = ids[at] ?? null;
    if (uniqueId === null) {
      const natural = uniqueIdOfName(base);
      uniqueId = typeof natural === "string" ? natural : await natural;
      if (
        newIds.has(uniqueId) || before.rowOf(uniqueId) >= 0 || lentStems.has(layout.stemOf(base))
      ) {
        uniqueId = await derivedUniqueId([base, ...stampOf(identity), identity.inode].join("\0"));
        hasNewKeptIds = true;
      }
      newIds.add(uniqueId);
    }
    if (uniqueId !== base) newStems.push(layout.stemOf(base));
    builder.add(candidate, uniqueId);
  }
  hasKeptIds ||= hasNewKeptIds;
  const removed = before.size - builder.keptCount;
  return { messages: builder.table(newStems), hasKeptIds, newIds, hasNewKeptIds, removed };
}

/** One candidate for all files with the same inode and base name; and other paths of messages that are kept, by row. */
function candidatesOf(
  files: readonly FileAtPath[],
  kept: Uint8Array,
  before: MessageTable,
  layout: MessageLayout,
): { candidates: Candidate[]; otherPaths: ReadonlyMap<number, readonly string[]> } {
  const byInode = new Map<number, Candidate>();
  const candidates: Candidate[] = [];
  const namesake = (inode: number, base: string) => {
    let each = inode === 0 ? undefined : byInode.get(inode);
    while (each !== undefined && each.base !== base) each = each.sameInode;
    return each;
  };
  for (const { name, path, info } of files) {
    const base = layout.baseNameOf(name);
    const identity = identityOf(info);
    const same = namesake(identity.inode, base);
    if (same !== undefined) {
      same.otherPaths.push(path);
      continue;
    }
    const sameInode = byInode.get(identity.inode);
    const candidate = { base, path, identity, otherPaths: [], sameInode };
    candidates.push(candidate);
    byInode.set(identity.inode, candidate);
  }
  const otherPaths = new Map<number, readonly string[]>();
  if (candidates.length === 0) return { candidates, otherPaths };
  const merged = new Set<Candidate>();
  for (let row = 0; row < before.size; row++) {
    if (kept[row] !== 1 || !byInode.has(before.inodeAt(row))) continue;
    const same = namesake(before.inodeAt(row), layout.baseNameOf(nameIn(before.pathAt(row))));
    if (same === undefined) continue;
    merged.add(same);
    otherPaths.set(row, [same.path, ...same.otherPaths]);
  }
  return {
    candidates: merged.size === 0 ? candidates : candidates.filter((each) => !merged.has(each)),
    otherPaths,
  };
}
