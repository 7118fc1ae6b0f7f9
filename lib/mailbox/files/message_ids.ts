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
import type { MessageLayout } from "./message_layout.ts";
import type { MessageTable } from "./message_table.ts";
import { MessageTableBuilder } from "./message_table_builder.ts";
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
}

export async function identify(
  { kept, files }: FoundFiles,
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
  const builder = new MergedTable(before, kept, otherPaths, candidates.length, layout);
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
  return { messages: builder.table(newStems), hasKeptIds, newIds, hasNewKeptIds };
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

/** The kept rows of a table and new messages, in one order. */
class MergedTable {
  readonly #before: MessageTable;
  readonly #kept: Uint8Array;
  readonly #otherPaths: ReadonlyMap<number, readonly string[]>;
  readonly #layout: MessageLayout;
  readonly #builder: MessageTableBuilder;
  #row = 0;
  /** Whether all messages have the row that they had before. */
  #areRowsSame = true;

  constructor(
    before: MessageTable,
    kept: Uint8Array,
    otherPaths: ReadonlyMap<number, readonly string[]>,
    count: number,
    layout: MessageLayout,
  ) {
    this.#before = before;
    this.#kept = kept;
    this.#otherPaths = otherPaths;
    this.#layout = layout;
    this.#builder = new MessageTableBuilder(kept.reduce((sum, each) => sum + each, count));
  }

  /** Adds the next new message, in their order. */
  add(candidate: Candidate, uniqueId: string): void {
    this.#addRowsUntil(this.#placeOf(candidate));
    if (this.#row < this.#before.size) this.#areRowsSame = false;
    const { path, identity, otherPaths } = candidate;
    this.#builder.add({ uniqueId, path, identity, otherPaths });
  }

  /** @param newStems the stems of new messages whose ids are not their base names */
  table(newStems: readonly string[]): MessageTable {
    this.#addRowsUntil(this.#before.size);
    const table = this.#builder.table();
    if (this.#areRowsSame) table.takeOver(this.#before, newStems);
    return table;
  }

  #addRowsUntil(end: number): void {
    while (this.#row < end) {
      const gone = this.#kept.indexOf(0, this.#row);
      const until = gone === -1 ? end : Math.min(gone, end);
      if (until > this.#row) {
        this.#builder.addFrom(this.#before, this.#row, until, this.#otherPaths);
      }
      if (until < end) this.#areRowsSame = false;
      this.#row = Math.min(end, until + 1);
    }
  }

  /** The row before which a new message comes. The rows are in their order. */
  #placeOf(candidate: Candidate): number {
    let [low, high] = [this.#row, this.#before.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(middle, candidate)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBefore(row: number, candidate: Candidate): boolean {
    const difference = this.#before.modifiedAt(row) - candidate.identity.modified;
    if (difference !== 0) return difference < 0;
    const path = this.#before.pathAt(row);
    const base = this.#layout.baseNameOf(nameIn(path));
    return byNameThenPath({ base, path }, candidate) < 0;
  }
}

function byTimeThenName(a: Candidate, b: Candidate): number {
  return a.identity.modified - b.identity.modified || byNameThenPath(a, b);
}

type Named = Pick<Candidate, "base" | "path">;

function byNameThenPath(a: Named, b: Named): number {
  return byName(a.base, b.base) || (a.path < b.path ? -1 : 1);
}

/** Compares numbers by their value, since MH names its messages by numbers. */
function byName(a: string, b: string): number {
  if (a.length !== b.length && /^\d+$/.test(a) && /^\d+$/.test(b)) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
