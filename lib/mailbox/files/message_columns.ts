/**
 * The values of the messages of a mailbox, in the order in which messages are numbered: a huge mailbox with an object for
 * each message takes ten times the memory.
 *
 * Most changes of a mailbox are deliveries, and the new messages come last. Then the table of the messages after it has the
 * same columns as the one before, with some more rows; each table looks at its own rows only.
 */
import type { FileIdentity } from "../../files/file_identity.ts";

export class MessageColumns {
  readonly paths: string[];
  readonly fileSizes: Float64Array;
  readonly modified: Float64Array;
  readonly inodes: Float64Array;
  /** NaN where they are not counted yet. */
  readonly octets: Float64Array;
  readonly marks: Uint8Array;
  #count = 0;

  /** @param capacity how many rows there can be */
  constructor(capacity: number) {
    this.paths = new Array<string>(capacity).fill("");
    this.fileSizes = new Float64Array(capacity);
    this.modified = new Float64Array(capacity);
    this.inodes = new Float64Array(capacity);
    this.octets = new Float64Array(capacity).fill(NaN);
    this.marks = new Uint8Array(capacity);
  }

  /** How many rows there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds a row, and returns it. */
  add(path: string, { size, modified, inode }: FileIdentity): number {
    const row = this.#count++;
    this.paths[row] = path;
    this.fileSizes[row] = size;
    this.modified[row] = modified;
    this.inodes[row] = inode;
    return row;
  }

  /** Adds rows of other columns. */
  addRows(from: MessageColumns, begin: number, end: number): void {
    const at = this.#count;
    this.#count += end - begin;
    for (let row = begin; row < end; row++) this.paths[at + row - begin] = from.paths[row] ?? "";
    this.fileSizes.set(from.fileSizes.subarray(begin, end), at);
    this.modified.set(from.modified.subarray(begin, end), at);
    this.inodes.set(from.inodes.subarray(begin, end), at);
    this.octets.set(from.octets.subarray(begin, end), at);
    this.marks.set(from.marks.subarray(begin, end), at);
  }

  /**
   * Columns that begin with the first rows of these, and have room for more: these, if they have just these rows. Only one
   * caller at a time may add the next ones; the listings of a mailbox follow each other.
   *
   * @param rows how many of these rows
   * @param more for how many rows there must be room
   */
  continued(rows: number, more: number): MessageColumns {
    const needed = rows + more;
    if (this.#count === rows && needed <= this.marks.length) return this;
    const columns = new MessageColumns(needed + Math.ceil(needed / 8));
    columns.addRows(this, 0, rows);
    return columns;
  }
}
