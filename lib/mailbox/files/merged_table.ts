/** Puts the kept rows of a table and new messages into one order: by time, then by base name. */
import { type Candidate, countOf, nameIn } from "./former_messages.ts";
import type { MessageLayout } from "./message_layout.ts";
import { MessageTable } from "./message_table.ts";
import { MessageTableBuilder } from "./message_table_builder.ts";

export class MergedTable {
  readonly #before: MessageTable;
  readonly #kept: Uint8Array;
  readonly #otherPaths: ReadonlyMap<number, readonly string[]>;
  readonly #layout: MessageLayout;
  readonly #builder: MessageTableBuilder;
  /** How many messages of the table before are kept. */
  readonly keptCount: number;
  #row = 0;
  /** Whether all messages have the row that they had before. */
  #areRowsSame = true;

  constructor(
    before: MessageTable,
    kept: Uint8Array,
    otherPaths: ReadonlyMap<number, readonly string[]>,
    candidates: readonly Candidate[],
    began: number,
    layout: MessageLayout,
  ) {
    this.#before = before;
    this.#kept = kept;
    this.#otherPaths = otherPaths;
    this.#layout = layout;
    this.keptCount = countOf(kept);
    const [first] = candidates;
    const areNewLast = this.keptCount === before.size && !before.hasOtherPaths &&
      otherPaths.size === 0 &&
      (first === undefined || this.#placeOf(first) === before.size);
    this.#builder = new MessageTableBuilder(
      this.keptCount + candidates.length,
      began,
      areNewLast ? before : MessageTable.empty,
    );
    if (areNewLast) this.#row = before.size;
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

export function byTimeThenName(a: Candidate, b: Candidate): number {
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
