/** Finds the row of a path in a table. A folder is mostly listed in the same order as before: we look there first. */
import type { TimeSlice } from "../../time/time_slice.ts";

export class RowsByPath {
  readonly #paths: readonly string[];
  readonly #count: number;
  /** For each row, the one that was found after it. */
  readonly #rowAfter: Int32Array;
  #lastRow = 0;
  #rows = new Map<string, number>();
  /** How many rows are in the map. */
  #prepared = 0;

  /** @param count how many of the paths count: later ones are those of another table */
  constructor(paths: readonly string[], count: number) {
    this.#paths = paths;
    this.#count = count;
    this.#rowAfter = new Int32Array(count);
  }

  /** The row of the message whose first path this is; undefined when there is none. `prepare` must have been called. */
  rowAt(path: string): number | undefined {
    const guess = this.#rowAfter[this.#lastRow] ?? 0;
    const row = this.#paths[guess] === path ? guess : this.#rows.get(path);
    if (row !== undefined) this.#lastRow = row;
    return row;
  }

  /** The same for the next path of a listing of the whole folder, whose order is remembered. */
  rowListedAt(path: string): number | undefined {
    const before = this.#lastRow;
    const row = this.rowAt(path);
    if (row !== undefined) this.#rowAfter[before] = row;
    return row;
  }

  /** Makes in slices what `rowAt` needs. */
  async prepare(slice: TimeSlice): Promise<void> {
    for (; this.#prepared < this.#count; this.#prepared++) {
      if (this.#prepared % 256 === 0) await slice.pause();
      this.#rows.set(this.#paths[this.#prepared] ?? "", this.#prepared);
    }
  }

  /** Takes over what an earlier table uses, whose rows are the first of this one; it makes its own if it is asked. */
  takeOver(earlier: RowsByPath): void {
    this.#rowAfter.set(earlier.#rowAfter);
    this.#lastRow = earlier.#lastRow;
    this.#rows = earlier.#rows;
    this.#prepared = earlier.#prepared;
    earlier.#rows = new Map();
    earlier.#prepared = 0;
  }
}
