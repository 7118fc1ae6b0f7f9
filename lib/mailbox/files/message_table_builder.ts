import { MessageList } from "../../provider/message_list.ts";
import type { MessageColumns } from "./message_columns.ts";
import {
  CLEAN,
  type KnownMessage,
  type MessageFile,
  MessageTable,
  YOUNG,
  youngSince,
} from "./message_table.ts";

/** Makes a table row by row. The unique ids must be valid and different. */
export class MessageTableBuilder {
  /** Those of the table before. */
  readonly #idsBefore: readonly string[];
  readonly #newIds: string[];
  readonly #columns: MessageColumns;
  readonly #otherPaths = new Map<number, readonly string[]>();
  readonly #youngSince: number;
  #newCount = 0;
  #lastId: string;
  /** Whether each unique id is greater than the one before. */
  #isAscending: boolean;

  /**
   * @param count how many messages there will be
   * @param began when their files were looked at or before, in milliseconds since 1970
   * @param before a table whose messages are the first ones; none of them has other paths
   */
  constructor(count: number, began: number, before: MessageTable = MessageTable.empty) {
    this.#youngSince = youngSince(began);
    this.#idsBefore = before.list.uniqueIds;
    this.#newIds = new Array<string>(count - before.size).fill("");
    this.#columns = before.continuedColumns(count - before.size);
    this.#isAscending = before.list.isAscending;
    this.#lastId = before.uniqueIdAt(before.size - 1);
  }

  /** Adds rows of another table, with what is known of them. Their other paths are these, by row. */
  addFrom(
    table: MessageTable,
    begin: number,
    end: number,
    otherPaths: ReadonlyMap<number, readonly string[]>,
  ): void {
    const at = this.#columns.count;
    this.#isAscending &&= table.list.isAscending;
    this.#addId(table.uniqueIdAt(begin));
    for (let row = begin + 1; row < end; row++) {
      this.#newIds[this.#newCount++] = table.uniqueIdAt(row);
    }
    this.#lastId = table.uniqueIdAt(end - 1);
    table.copyRows(begin, end, this.#columns);
    for (const [row, paths] of otherPaths) {
      if (row >= begin && row < end) this.#otherPaths.set(at + row - begin, paths);
    }
  }

  /** Returns the row. */
  add({ uniqueId, path, identity, otherPaths }: MessageFile): number {
    this.#addId(uniqueId);
    const row = this.#columns.add(path, identity);
    if (identity.modified > this.#youngSince) this.#columns.marks[row] = YOUNG;
    if (otherPaths.length > 0) this.#otherPaths.set(row, otherPaths);
    return row;
  }

  /** Adds a message with what an index says of it. */
  addKnown({ octets, isClean, ...message }: KnownMessage): void {
    const row = this.add(message);
    this.#columns.octets[row] = octets;
    if (isClean) this.#columns.marks[row] = (this.#columns.marks[row] ?? 0) | CLEAN;
  }

  #addId(uniqueId: string): void {
    this.#isAscending &&= this.#columns.count === 0 || this.#lastId < uniqueId;
    this.#newIds[this.#newCount++] = uniqueId;
    this.#lastId = uniqueId;
  }

  /** @param list the list of the messages, where there is one already */
  table(list: MessageList = this.#list()): MessageTable {
    return new MessageTable(list, this.#columns, this.#otherPaths);
  }

  #list(): MessageList {
    // `slice` and a loop take several times as long for frozen arrays.
    const uniqueIds = this.#idsBefore.length === 0
      ? this.#newIds
      : this.#idsBefore.concat(this.#newIds);
    return MessageList.of(Object.freeze(uniqueIds), this.#isAscending);
  }
}
