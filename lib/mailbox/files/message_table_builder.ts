import { MessageList } from "../../provider/message_list.ts";
import {
  CLEAN,
  type KnownMessage,
  type MessageFile,
  MessageTable,
  type NewColumns,
  newColumns,
  YOUNG,
  youngSince,
} from "./message_table.ts";

/** Makes a table row by row. The unique ids must be valid and different. */
export class MessageTableBuilder {
  readonly #uniqueIds: string[];
  readonly #columns: NewColumns;
  readonly #otherPaths = new Map<number, readonly string[]>();
  readonly #youngSince: number;
  #count = 0;
  /** Whether each unique id is greater than the one before. */
  #isAscending = true;

  /**
   * @param count how many messages there will be
   * @param began when their files were looked at or before, in milliseconds since 1970
   */
  constructor(count: number, began: number) {
    this.#youngSince = youngSince(began);
    this.#uniqueIds = new Array<string>(count).fill("");
    this.#columns = newColumns(count);
  }

  /** Adds rows of another table, with what is known of them. Their other paths are these, by row. */
  addFrom(
    table: MessageTable,
    begin: number,
    end: number,
    otherPaths: ReadonlyMap<number, readonly string[]>,
  ): void {
    const at = this.#count;
    this.#count += end - begin;
    for (let row = begin; row < end; row++) {
      this.#uniqueIds[at + row - begin] = table.uniqueIdAt(row);
    }
    table.copyRows(begin, end, this.#columns, at);
    for (const [row, paths] of otherPaths) {
      if (row >= begin && row < end) this.#otherPaths.set(at + row - begin, paths);
    }
    this.#isAscending &&= table.list.isAscending && this.#ascendsAt(at);
  }

  add({ uniqueId, path, identity, otherPaths }: MessageFile): void {
    const at = this.#count++;
    this.#uniqueIds[at] = uniqueId;
    this.#isAscending &&= this.#ascendsAt(at);
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

  #ascendsAt(at: number): boolean {
    return at === 0 || (this.#uniqueIds[at - 1] ?? "") < (this.#uniqueIds[at] ?? "");
  }

  /** @param list the list of the messages, where there is one already */
  table(
    list: MessageList = MessageList.of(Object.freeze(this.#uniqueIds), this.#isAscending),
  ): MessageTable {
    return new MessageTable(list, this.#columns, this.#otherPaths);
  }
}
