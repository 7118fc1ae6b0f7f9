/**
 * The messages of a mailbox of files at one moment, in columns: a huge mailbox with an object for each message takes ten
 * times the memory. An object is made for a message that is asked for.
 *
 * The files never change in a table. What was measured of them is added, since it is true for every session.
 */
import { type FileIdentity, isSameFile } from "../../files/file_identity.ts";
import { MessageList } from "../../provider/message_list.ts";
import type { MeasuredFile } from "./measured_file.ts";

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

const CLEAN = 1;
const MBOX = 2;
/** The file was still young when we looked at it: it may have been written to since, within the same tick. */
const YOUNG = 4;

/** A file that is younger than this may be written to again, within the same tick of the file system. */
const YOUNG_MS = 60_000;

/** Files that have changed after this time, in milliseconds since 1970, are young. */
export function youngSince(): number {
  return Date.now() - YOUNG_MS;
}

/** Values for each message, in the order in which messages are numbered. */
export interface MessageColumns {
  readonly paths: readonly string[];
  readonly fileSizes: Float64Array;
  readonly modified: Float64Array;
  readonly inodes: Float64Array;
  /** NaN where they are not counted yet. */
  readonly octets: Float64Array;
  readonly marks: Uint8Array;
}

/** Columns of so many messages, to be filled. */
function newColumns(count: number): MessageColumns & { readonly paths: string[] } {
  return {
    paths: new Array<string>(count).fill(""),
    fileSizes: new Float64Array(count),
    modified: new Float64Array(count),
    inodes: new Float64Array(count),
    octets: new Float64Array(count).fill(NaN),
    marks: new Uint8Array(count),
  };
}

export class MessageTable {
  readonly list: MessageList;
  readonly #columns: MessageColumns;
  readonly #otherPaths: ReadonlyMap<number, readonly string[]>;

  constructor(
    list: MessageList,
    columns: MessageColumns,
    otherPaths: ReadonlyMap<number, readonly string[]>,
  ) {
    this.list = list;
    this.#columns = columns;
    this.#otherPaths = otherPaths;
  }

  static readonly empty: MessageTable = new MessageTable(
    new MessageList(Object.freeze([])),
    newColumns(0),
    new Map(),
  );

  get size(): number {
    return this.list.count;
  }

  /** Whether a message has more than one path. */
  get hasOtherPaths(): boolean {
    return this.#otherPaths.size > 0;
  }

  /** The row of a unique id; -1 when there is none. */
  rowOf(uniqueId: string): number {
    return (this.list.numberOf(uniqueId) ?? 0) - 1;
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

  /** Copies a row into the columns of another table. */
  copyRow(row: number, to: MessageColumns & { readonly paths: string[] }, at: number): void {
    const from = this.#columns;
    to.paths[at] = from.paths[row] ?? "";
    to.fileSizes[at] = from.fileSizes[row] ?? NaN;
    to.modified[at] = from.modified[row] ?? NaN;
    to.inodes[at] = from.inodes[row] ?? NaN;
    to.octets[at] = from.octets[row] ?? NaN;
    to.marks[at] = from.marks[row] ?? 0;
  }

  otherPathsAt(row: number): readonly string[] {
    return this.#otherPaths.get(row) ?? [];
  }
}

/** Makes a table row by row. The unique ids must be valid and different. */
export class MessageTableBuilder {
  readonly #uniqueIds: string[];
  readonly #columns: MessageColumns & { readonly paths: string[] };
  readonly #otherPaths = new Map<number, readonly string[]>();
  readonly #youngSince = youngSince();
  #count = 0;

  /** @param count how many messages there will be */
  constructor(count: number) {
    this.#uniqueIds = new Array<string>(count).fill("");
    this.#columns = newColumns(count);
  }

  /** Adds a message of another table, with what is known of it. */
  addFrom(table: MessageTable, row: number, otherPaths: readonly string[]): void {
    const at = this.#count++;
    this.#uniqueIds[at] = table.uniqueIdAt(row);
    table.copyRow(row, this.#columns, at);
    if (otherPaths.length > 0) this.#otherPaths.set(at, otherPaths);
  }

  add({ uniqueId, path, identity, otherPaths }: MessageFile): void {
    const at = this.#count++;
    this.#uniqueIds[at] = uniqueId;
    this.#columns.paths[at] = path;
    this.#columns.fileSizes[at] = identity.size;
    this.#columns.modified[at] = identity.modified;
    this.#columns.inodes[at] = identity.inode;
    if (identity.modified > this.#youngSince) this.#columns.marks[at] = YOUNG;
    if (otherPaths.length > 0) this.#otherPaths.set(at, otherPaths);
  }

  /** Adds a message with what an index says of it. */
  addKnown({ octets, isClean, ...message }: KnownMessage): void {
    const at = this.#count;
    this.add(message);
    this.#columns.octets[at] = octets;
    if (isClean) this.#columns.marks[at] = (this.#columns.marks[at] ?? 0) | CLEAN;
  }

  /** @param list the list of the messages, where there is one already */
  table(list: MessageList = MessageList.of(Object.freeze(this.#uniqueIds))): MessageTable {
    return new MessageTable(list, this.#columns, this.#otherPaths);
  }
}
