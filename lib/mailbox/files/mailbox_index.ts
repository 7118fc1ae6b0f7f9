/**
 * Remembers across restarts, in the file `index`, the messages of a mailbox in order, their unique ids and their sizes.
 *
 * - The file may be deleted at any time. Then folders are listed and sizes are counted again, and messages get the ids
 *   that follow from their names.
 * - We trust its list of messages while the times of the folders are the same, as for a snapshot in memory. We trust a
 *   size while the identity of the file is the same. A path must be a plain name in a folder of messages.
 * - It is written whole, synced and then renamed, so that nobody reads half of it. A file that was cut is not trusted.
 *   But while it cannot be read, nobody logs in: without it, messages could get the ids of others.
 * - A small mailbox whose ids all follow from names has no index, and neither has one for which nothing can be written.
 *
 * The file is three lines of JSON. The first describes the other two. The second holds what every login needs. The
 * third holds what is needed to open a message, and is parsed only then. The values are in columns, which are read ten
 * times as fast as an object for each message.
 */
import { join } from "@std/path";
import { isReadOnlyError } from "../../files/cannot_write.ts";
import type { FileSystem } from "../../files/file_system.ts";
import { readWhole } from "../../files/read_whole.ts";
import { isSize } from "../../provider/message_size.ts";
import { MessageList } from "../../provider/message_list.ts";
import type { MessageLayout } from "./message_layout.ts";
import type { MessageTable } from "./message_table.ts";
import { MessageTableBuilder } from "./message_table_builder.ts";

export const VERSION = 3;
/** With fewer messages there is no need for an index: listing them again is faster than anybody could notice. */
export const LEAST_MESSAGES = 1_000;
/** A larger file is not trusted: nobody could ever read it whole (read_whole.ts). */
const MOST_OCTETS = 268_435_456;
const LINE_END = 0x0a;

/** The first line. */
export interface Head {
  readonly version: typeof VERSION;
  /** The times of the folders; empty where we cannot trust them. */
  readonly stamp: string;
  /** The lengths of the other lines, with their line ends. */
  readonly lengths: readonly [overview: number, details: number];
}

/** The second line: a value for each message, in the order in which they are numbered. */
interface Overview {
  readonly uniqueIds: readonly string[];
  readonly octets: readonly number[];
}

/** The third line: values in the same order. */
interface Details {
  /** Relative to the mailbox. */
  readonly paths: readonly string[];
  readonly fileSizes: readonly number[];
  readonly modified: readonly number[];
  readonly inodes: readonly number[];
  readonly clean: readonly boolean[];
}

/** An index that was read. */
export class MailboxIndex {
  /** The stamps of the folders; empty where we cannot trust them. */
  readonly stamp: string;
  readonly list: MessageList;
  readonly #layout: MessageLayout;
  /** The third line, until it is parsed; then its messages, or null when it is damaged. */
  #details: Uint8Array | MessageTable | null;

  private constructor(
    layout: MessageLayout,
    stamp: string,
    { uniqueIds, octets }: Overview,
    details: Uint8Array,
  ) {
    this.#layout = layout;
    this.stamp = stamp;
    this.list = new MessageList(Object.freeze(uniqueIds), Object.freeze(octets));
    this.#details = details;
  }

  /**
   * Reads the index; null when there is none, or it cannot be trusted.
   *
   * @throws an error that may be over the next time: of the disk, or for want of memory or descriptors
   */
  static async read(
    files: FileSystem,
    stateFolder: string,
    layout: MessageLayout,
  ): Promise<MailboxIndex | null> {
    const text = await readIndex(files, indexPathIn(stateFolder));
    if (text === null) return null;
    const headLength = text.indexOf(LINE_END) + 1;
    const head = parsed(text.subarray(0, headLength));
    if (!isHead(head)) return null;
    const overviewEnd = headLength + head.lengths[0];
    if (text.length !== overviewEnd + head.lengths[1]) return null;
    const overview = parsed(text.subarray(headLength, overviewEnd));
    if (!isOverview(overview)) return null;
    return new MailboxIndex(layout, head.stamp, overview, text.subarray(overviewEnd));
  }

  /** All messages with all their values; null when the third line is damaged. */
  messages(): MessageTable | null {
    if (this.#details instanceof Uint8Array) this.#details = this.#parsed(this.#details);
    return this.#details;
  }

  #parsed(line: Uint8Array): MessageTable | null {
    const { uniqueIds, octets } = this.list;
    const details = parsed(line);
    if (!isDetails(details, uniqueIds.length) || this.list.fault !== null) return null;
    if (!details.paths.every((path) => isPathOf(this.#layout, path))) return null;
    const builder = new MessageTableBuilder(uniqueIds.length, Date.now());
    for (const [at, uniqueId] of uniqueIds.entries()) {
      builder.addKnown({
        uniqueId,
        path: details.paths[at] ?? "",
        identity: {
          size: details.fileSizes[at] ?? NaN,
          modified: details.modified[at] ?? NaN,
          inode: details.inodes[at] ?? NaN,
        },
        otherPaths: [],
        octets: octets?.[at] ?? NaN,
        isClean: details.clean[at] ?? false,
      });
    }
    return builder.table(this.list);
  }
}

/** The octets of the index; null when there is none of ours. */
async function readIndex(files: FileSystem, path: string): Promise<Uint8Array | null> {
  try {
    // Nobody else can write in the folder.
    using file = await files.open(path, false);
    return file === null || file.info.size > MOST_OCTETS ? null : await readWhole(file, path);
  } catch (cause) {
    if (isReadOnlyError(cause)) return null;
    throw new Error(`${path} cannot be read`, { cause });
  }
}

/** Whether it is a plain name in one of the folders of messages. */
function isPathOf(layout: MessageLayout, path: string): boolean {
  const slash = path.lastIndexOf("/");
  const folder = slash === -1 ? "." : path.slice(0, slash);
  const name = path.slice(slash + 1);
  return layout.folders.includes(folder) && /^[^.]/.test(name) && !name.includes("\0");
}

/** Null when the line is not JSON. */
function parsed(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(line));
  } catch {
    return null;
  }
}

function isHead(value: unknown): value is Head {
  const fields = fieldsOf(value);
  return fields.get("version") === VERSION && typeof fields.get("stamp") === "string" &&
    isColumn(fields.get("lengths"), "number", 2);
}

function isOverview(value: unknown): value is Overview {
  const columns = fieldsOf(value);
  const uniqueIds = columns.get("uniqueIds");
  const octets = columns.get("octets");
  return Array.isArray(uniqueIds) && isColumn(uniqueIds, "string", uniqueIds.length) &&
    isColumn(octets, "number", uniqueIds.length) && Array.isArray(octets) &&
    octets.every(isSize);
}

function isDetails(value: unknown, length: number): value is Details {
  const columns = fieldsOf(value);
  return isColumn(columns.get("paths"), "string", length) &&
    ["fileSizes", "modified", "inodes"]
      .every((name) => isColumn(columns.get(name), "number", length)) &&
    isColumn(columns.get("clean"), "boolean", length);
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function isColumn(column: unknown, type: string, length: number): boolean {
  return Array.isArray(column) && column.length === length &&
    column.every((each) => typeof each === type);
}

/** The path of the index. */
export function indexPathIn(stateFolder: string): string {
  return join(stateFolder, "index");
}
