/**
 * The messages of a mailbox of files at one moment, in columns. An object is made for a message that is asked for.
 *
 * The files never change in a table. What was measured of them is added, since it is true for every session.
 */
import { type FileIdentity, isSameFile } from "../../files/file_identity.ts";
import { MessageList } from "../../provider/message_list.ts";
import type { MeasuredFile } from "./measured_file.ts";
import { MessageColumns } from "./message_columns.ts";
import { RowsByPath } from "./rows_by_path.ts";

/** A message that is there. */
export interface MessageFile {
  readonly uniqueId: string;
  /** Relative to the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
  /** Other paths of the same inode, under the same base name. */
  readonly otherPaths: readonly string[];
}

/** A message and what is known of its contents. */
export interface KnownMessage extends MessageFile, MeasuredFile {}

export const CLEAN = 1;
const MBOX = 2;
/** The file was still young when we looked at it: it may have been written to since, within the same tick. */
export const YOUNG = 4;

/** A file that is younger than this may be written to again, within the same tick of the file system. */
const YOUNG_MS = 60_000;

/** Files that have changed after this time are young at a look, both in milliseconds since 1970. */
export function youngSince(look: number): number {
  return look - YOUNG_MS;
}

export class MessageTable {
  readonly list: MessageList;
  readonly size: number;
  readonly #columns: MessageColumns;
  readonly #otherPaths: ReadonlyMap<number, readonly string[]>;
  readonly rowsByPath: RowsByPath;
  /** The row after the last one that was found. */
  #nextRow = 0;
  /** The stems of messages whose ids are not their base names; null until they are found (former_messages.ts). */
  keptStems: Set<string> | null = null;

  constructor(
    list: MessageList,
    columns: MessageColumns,
    otherPaths: ReadonlyMap<number, readonly string[]>,
  ) {
    this.list = list;
    this.size = list.count;
    this.#columns = columns;
    this.rowsByPath = new RowsByPath(columns.paths, list.count);
    this.#otherPaths = otherPaths;
  }

  static readonly empty: MessageTable = new MessageTable(
    new MessageList(Object.freeze([])),
    new MessageColumns(0),
    new Map(),
  );

  /** Whether a message has more than one path. */
  get hasOtherPaths(): boolean {
    return this.#otherPaths.size > 0;
  }

  /** The row of a unique id; -1 when there is none. */
  rowOf(uniqueId: string): number {
    // Most callers ask for all messages in their order.
    if (this.list.uniqueIds[this.#nextRow] === uniqueId) return this.#nextRow++;
    const row = (this.list.numberOf(uniqueId) ?? 0) - 1;
    this.#nextRow = row + 1;
    return row;
  }

  /**
   * Takes over what an earlier table has found out about all its rows, since that takes long. All rows of that table must
   * be the first rows of this one. The earlier table finds it out again if it is asked.
   *
   * @param newStems the stems of the other rows whose ids are not their base names
   */
  takeOver(earlier: MessageTable, newStems: readonly string[]): void {
    const stems = earlier.keptStems;
    earlier.keptStems = null;
    this.list.continue(earlier.list);
    this.rowsByPath.takeOver(earlier.rowsByPath);
    for (const stem of newStems) stems?.add(stem);
    this.keptStems = stems;
  }

  uniqueIdAt(row: number): string {
    return this.list.uniqueIds[row] ?? "";
  }

  pathAt(row: number): string {
    return this.#columns.paths[row] ?? "";
  }

  inodeAt(row: number): number {
    return this.#columns.inodes[row] ?? 0;
  }

  modifiedAt(row: number): number {
    return this.#columns.modified[row] ?? 0;
  }

  fileSizeAt(row: number): number {
    return this.#columns.fileSizes[row] ?? NaN;
  }

  isCleanAt(row: number): boolean {
    return ((this.#columns.marks[row] ?? 0) & CLEAN) !== 0;
  }

  identityAt(row: number): FileIdentity {
    return {
      size: this.fileSizeAt(row),
      modified: this.modifiedAt(row),
      inode: this.inodeAt(row),
    };
  }

  /** The message in a row that there is. */
  at(row: number): MessageFile {
    return {
      uniqueId: this.uniqueIdAt(row),
      path: this.pathAt(row),
      identity: this.identityAt(row),
      otherPaths: this.#otherPaths.get(row) ?? [],
    };
  }

  get(uniqueId: string): MessageFile | undefined {
    const row = this.rowOf(uniqueId);
    return row < 0 ? undefined : this.at(row);
  }

  *values(): Generator<MessageFile> {
    for (let row = 0; row < this.size; row++) yield this.at(row);
  }

  /** Whether this file is the message of the row, unchanged. */
  isStill(row: number, identity: FileIdentity): boolean {
    return isSameFile(this.identityAt(row), identity);
  }

  /** Whether the file was so young at the last look that it may have been written to since. */
  wasYoung(row: number): boolean {
    return ((this.#columns.marks[row] ?? 0) & YOUNG) !== 0;
  }

  markYoung(row: number, isYoung: boolean): void {
    const marks = this.#columns.marks[row] ?? 0;
    this.#columns.marks[row] = isYoung ? marks | YOUNG : marks & ~YOUNG;
  }

  /** The octets of a message as sent; NaN where they are not counted yet. */
  octetsAt(row: number): number {
    return this.#columns.octets[row] ?? NaN;
  }

  /** What was measured; null for nothing yet. */
  measuredAt(row: number): MeasuredFile | null {
    const octets = this.octetsAt(row);
    if (Number.isNaN(octets)) return null;
    const isMbox = ((this.#columns.marks[row] ?? 0) & MBOX) !== 0;
    return { identity: this.identityAt(row), octets, isClean: this.isCleanAt(row), isMbox };
  }

  /** Keeps what was measured of a message, if this table has it, and its file is the same. */
  learn(uniqueId: string, measured: MeasuredFile, row: number = this.rowOf(uniqueId)): void {
    if (row < 0 || !this.isStill(row, measured.identity)) return;
    const { octets, marks } = this.#columns;
    octets[row] = measured.octets;
    marks[row] = (marks[row] ?? 0) & YOUNG | (measured.isClean ? CLEAN : 0) |
      (measured.isMbox === true ? MBOX : 0);
  }

  /**
   * Columns that begin with all rows of this table, and have room for more. Another table may have them, too: what it
   * learns of the rows of this one is true here as well.
   */
  continuedColumns(more: number): MessageColumns {
    return this.#columns.continued(this.size, more);
  }

  /** Adds rows to the columns of another table. */
  copyRows(begin: number, end: number, to: MessageColumns): void {
    to.addRows(this.#columns, begin, end);
  }

  otherPathsAt(row: number): readonly string[] {
    return this.#otherPaths.get(row) ?? [];
  }
}
