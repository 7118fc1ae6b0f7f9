/**
 * What is known of a large mailbox, remembered across restarts in `.pop3svc/index`: its messages, in order, and
 * their sizes.
 *
 * - It may be deleted at any time: then folders are listed and sizes counted anew.
 * - Its messages are believed while the folders have the times that they had, as those of a snapshot in memory are;
 *   its sizes, while a file has the identity that it had.
 * - It is synced and takes its place by a rename, so that nobody reads half of it; one that has been cut is not
 *   believed.
 * - A small mailbox, and one that cannot be written to, has none.
 *
 * It is three lines of JSON: what the other two are, what every login asks for, and what it takes to open a message,
 * which is parsed when one is opened. Those two are kept in columns, which are read ten times as fast as an object
 * for each message.
 */
import { join } from "@std/path";
import { OWN_FOLDER } from "./atomic_delete.ts";
import type { MeasuredFile } from "./measure_files.ts";
import type { MessageFile } from "./message_layout.ts";

const VERSION = 2;
/** Below this many messages, to look anew is faster than anyone could notice. */
const LEAST_MESSAGES = 1_000;
const LINE_END = 0x0a;

/** The first line. */
interface Head {
  readonly version: typeof VERSION;
  /** The times of the folders; empty where they are not to be trusted. */
  readonly stamp: string;
  /** Of the other lines, with their ends. */
  readonly lengths: readonly [overview: number, details: number];
}

/** The second line: a value for each message, in the order in which they are numbered. */
interface Overview {
  readonly uniqueIds: readonly string[];
  readonly octets: readonly number[];
}

/** The third line: values in the same order. */
interface Details {
  /** Below the mailbox. */
  readonly paths: readonly string[];
  readonly fileSizes: readonly number[];
  readonly modified: readonly number[];
  readonly inodes: readonly number[];
  readonly clean: readonly boolean[];
}

/** A message of which all is known. */
export interface KnownMessage extends MessageFile, MeasuredFile {}

/** What was remembered. */
export class MailboxIndex {
  /** The times of the folders; empty where they are not to be trusted. */
  readonly stamp: string;
  readonly uniqueIds: readonly string[];
  readonly octets: readonly number[];
  readonly #details: Uint8Array;

  private constructor(
    stamp: string,
    { uniqueIds, octets }: Overview,
    details: Uint8Array,
  ) {
    this.stamp = stamp;
    this.uniqueIds = uniqueIds;
    this.octets = octets;
    this.#details = details;
  }

  /** Null when there is nothing that can be believed. */
  static async read(mailbox: string): Promise<MailboxIndex | null> {
    try {
      const text = await readWhole(pathIn(mailbox));
      const headLength = text.indexOf(LINE_END) + 1;
      const head = parsed(text.subarray(0, headLength));
      if (!isHead(head)) return null;
      const overviewEnd = headLength + head.lengths[0];
      if (text.length !== overviewEnd + head.lengths[1]) return null;
      const overview = parsed(text.subarray(headLength, overviewEnd));
      if (!isOverview(overview)) return null;
      return new MailboxIndex(head.stamp, overview, text.subarray(overviewEnd));
    } catch {
      return null;
    }
  }

  /** All that it says of each message; null when somebody has damaged what it takes to open one. */
  messages(): readonly KnownMessage[] | null {
    const details = parsed(this.#details);
    if (!isDetails(details, this.uniqueIds.length)) return null;
    return this.uniqueIds.map((uniqueId, at) => ({
      uniqueId,
      path: details.paths[at] ?? "",
      identity: {
        size: details.fileSizes[at] ?? NaN,
        modified: details.modified[at] ?? NaN,
        inode: details.inodes[at] ?? NaN,
      },
      hintedOctets: null,
      octets: this.octets[at] ?? NaN,
      isClean: details.clean[at] ?? false,
    }));
  }
}

/** Remembers it, if it is worth it. That it cannot is no error: all is known all the same. */
export async function writeIndex(
  mailbox: string,
  stamp: string,
  messages: readonly KnownMessage[],
): Promise<void> {
  if (messages.length < LEAST_MESSAGES) return;
  const overview = line(
    {
      uniqueIds: messages.map(({ uniqueId }) => uniqueId),
      octets: messages.map(({ octets }) => octets),
    } satisfies Overview,
  );
  const details = line(
    {
      paths: messages.map(({ path }) => path),
      fileSizes: messages.map(({ identity }) => identity.size),
      modified: messages.map(({ identity }) => identity.modified),
      inodes: messages.map(({ identity }) => identity.inode),
      clean: messages.map(({ isClean }) => isClean),
    } satisfies Details,
  );
  const lengths = [overview.length, details.length] as const;
  const head = line({ version: VERSION, stamp, lengths } satisfies Head);
  const path = pathIn(mailbox);
  const made = `${path}.${Deno.pid}`;
  try {
    await Deno.mkdir(join(mailbox, OWN_FOLDER), { recursive: true });
    await writeSynced(made, await new Blob([head, overview, details]).bytes());
    await Deno.rename(made, path);
  } catch {
    // A mailbox that we may only read.
    await Deno.remove(made).catch(() => {});
  }
}

/** In one read: `Deno.readFile` does not ask for the size, and takes twice as long. */
async function readWhole(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const text = new Uint8Array((await file.stat()).size);
  for (let length = 0; length < text.length;) {
    const read = await file.read(text.subarray(length));
    if (read === null) throw new Deno.errors.UnexpectedEof();
    length += read;
  }
  return text;
}

async function writeSynced(path: string, text: Uint8Array): Promise<void> {
  await Deno.writeFile(path, text);
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

function line(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

/** Null where it is no JSON. */
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
  return Array.isArray(uniqueIds) && isColumn(uniqueIds, "string", uniqueIds.length) &&
    isColumn(columns.get("octets"), "number", uniqueIds.length);
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

function pathIn(mailbox: string): string {
  return join(mailbox, OWN_FOLDER, "index");
}
