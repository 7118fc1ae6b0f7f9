/** Finds the row of a path in a table. A folder is mostly listed in the same order as before: we look there first. */
import type { TimeSlice } from "../../time/time_slice.ts";

export class RowsByPath {
  readonly #paths: readonly string[];
  /** For each row, the one that was found after it. */
  readonly #rowAfter: Int32Array;
  #lastRow = 0;
  /** Made for the first search that needs it. */
  #rows: Map<string, number> | null = null;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.#rowAfter = new Int32Array(paths.length);
  }

  /** The row of the message whose first path this is; undefined when there is none. */
  rowAt(path: string): number | undefined {
    const guess = this.#rowAfter[this.#lastRow] ?? 0;
    if (this.#paths[guess] === path) return this.#lastRow = guess;
    this.#rows ??= new Map(this.#paths.map((each, row) => [each, row]));
    const row = this.#rows.get(path);
    if (row === undefined) return undefined;
    this.#rowAfter[this.#lastRow] = row;
    return this.#lastRow = row;
  }

  /** Makes in slices what `rowAt` needs. */
  async prepare(slice: TimeSlice): Promise<void> {
    if (this.#rows !== null) return;
    const rows = new Map<string, number>();
    for (const [row, path] of this.#paths.entries()) {
      if (row % 256 === 0) await slice.pause();
      rows.set(path, row);
    }
    this.#rows = rows;
  }

  /** Takes over what an earlier table uses, whose rows are the first of this one; it makes its own if it is asked. */
  takeOver(earlier: RowsByPath): void {
    const rows = earlier.#rows;
    earlier.#rows = null;
    this.#rowAfter.set(earlier.#rowAfter);
    this.#lastRow = earlier.#lastRow;
    for (let row = earlier.#paths.length; row < this.#paths.length; row++) {
      rows?.set(this.#paths[row] ?? "", row);
    }
    this.#rows = rows;
  }
}
