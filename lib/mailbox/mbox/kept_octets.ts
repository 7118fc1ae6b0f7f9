/** Reads what will be left of an mbox after a deletion, as if it were already written. */
import type { OpenFile } from "../../files/regular_file.ts";
import { type FileRange, octetsIn } from "./file_range.ts";
import type { WindowSource } from "./file_window.ts";

export class KeptOctets implements WindowSource {
  readonly info: { readonly size: number };
  readonly #file: OpenFile;
  readonly #ranges: readonly FileRange[];
  /** Where each range begins in what will be left. */
  readonly #starts: readonly number[];

  constructor(file: OpenFile, ranges: readonly FileRange[]) {
    this.#file = file;
    this.#ranges = ranges;
    let size = 0;
    this.#starts = ranges.map((range) => {
      const start = size;
      size += octetsIn(range);
      return start;
    });
    this.info = { size };
  }

  readNow(into: Uint8Array, at: number): number {
    let count = 0;
    for (let index = this.#rangeAt(at); count < into.length; index++) {
      const range = this.#ranges[index];
      if (range === undefined) break;
      const { lead, start, end } = range;
      let within = at + count - (this.#starts[index] ?? 0);
      if (lead !== undefined && within < lead.length) {
        const part = lead.subarray(within, within + into.length - count);
        into.set(part, count);
        count += part.length;
        within += part.length;
      }
      const from = start + within - (lead?.length ?? 0);
      const wanted = Math.min(into.length - count, end - from);
      if (wanted <= 0) continue;
      const read = this.#file.readNow(into.subarray(count, count + wanted), from);
      count += read;
      if (read < wanted) break;
    }
    return count;
  }

  /** The index of the last range that begins at an offset or before it. */
  #rangeAt(offset: number): number {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}
