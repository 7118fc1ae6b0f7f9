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
