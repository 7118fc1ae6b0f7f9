/**
 * What is known of a large mailbox, remembered across restarts in `.pop3svc/index`: its messages, in order, and
 * their sizes.
 *
 * - It may be deleted at any time: then folders are listed and sizes counted anew.
 * - Its messages are believed while the folders have the times that they had, as those of a snapshot in memory are;
 *   its sizes, while a file has the identity that it had.
 * - It takes its place by a rename, so that nobody reads half of it; what a loss of power left of it does not parse.
 * - A small mailbox, and one that cannot be written to, has none.
 *
 * It is kept in columns, which are read ten times as fast as a line for each message.
 */
import { join } from "@std/path";
import { OWN_FOLDER } from "./atomic_delete.ts";
import type { MeasuredFile } from "./measure_files.ts";
import type { MessageFile } from "./message_layout.ts";

const VERSION = 1;
/** Below this many messages, to look anew is faster than anyone could notice. */
const LEAST_MESSAGES = 1_000;

/** A value for each message, in the order in which they are numbered. */
export interface MailboxIndex {
  readonly version: typeof VERSION;
  /** The times of the folders; empty where they are not to be trusted. */
  readonly stamp: string;
  readonly uniqueIds: readonly string[];
  /** Below the mailbox. */
  readonly paths: readonly string[];
  readonly fileSizes: readonly number[];
  readonly modified: readonly number[];
  readonly inodes: readonly number[];
  readonly octets: readonly number[];
  readonly clean: readonly boolean[];
}

/** What was remembered; null when there is nothing that can be believed. */
export async function readIndex(mailbox: string): Promise<MailboxIndex | null> {
  try {
    const index: unknown = JSON.parse(await Deno.readTextFile(pathIn(mailbox)));
    return isIndex(index) ? index : null;
  } catch {
    return null;
  }
}

/** A message of which all is known. */
export interface KnownMessage extends MessageFile, MeasuredFile {}

/** Remembers it, if it is worth it. That it cannot is no error: all is known all the same. */
export async function writeIndex(
  mailbox: string,
  stamp: string,
  messages: readonly KnownMessage[],
): Promise<void> {
  if (messages.length < LEAST_MESSAGES) return;
  const index: MailboxIndex = {
    version: VERSION,
    stamp,
    uniqueIds: messages.map(({ uniqueId }) => uniqueId),
    paths: messages.map(({ path }) => path),
    fileSizes: messages.map(({ identity }) => identity.size),
    modified: messages.map(({ identity }) => identity.modified),
    inodes: messages.map(({ identity }) => identity.inode),
    octets: messages.map(({ octets }) => octets),
    clean: messages.map(({ isClean }) => isClean),
  };
  const path = pathIn(mailbox);
  const made = `${path}.${Deno.pid}`;
  try {
    await Deno.mkdir(join(mailbox, OWN_FOLDER), { recursive: true });
    await Deno.writeTextFile(made, JSON.stringify(index));
    await Deno.rename(made, path);
  } catch {
    // A mailbox that we may only read.
    await Deno.remove(made).catch(() => {});
  }
}

/** What the index says of the messages. */
export function* messagesOf(index: MailboxIndex): Generator<KnownMessage> {
  for (const [at, uniqueId] of index.uniqueIds.entries()) {
    const size = index.fileSizes[at] ?? NaN;
    const identity = { size, modified: index.modified[at] ?? NaN, inode: index.inodes[at] ?? NaN };
    const [path, octets, isClean] = [index.paths[at], index.octets[at], index.clean[at]];
    if (path === undefined || octets === undefined || isClean === undefined) continue;
    yield { uniqueId, path, identity, hintedOctets: null, octets, isClean };
  }
}

function isIndex(value: unknown): value is MailboxIndex {
  if (typeof value !== "object" || value === null) return false;
  const columns = new Map<string, unknown>(Object.entries(value));
  if (columns.get("version") !== VERSION || typeof columns.get("stamp") !== "string") return false;
  const uniqueIds = columns.get("uniqueIds");
  const isColumn = (name: string, type: string) => {
    const column = columns.get(name);
    return Array.isArray(column) && Array.isArray(uniqueIds) &&
      column.length === uniqueIds.length && column.every((each) => typeof each === type);
  };
  return isColumn("uniqueIds", "string") && isColumn("paths", "string") &&
    ["fileSizes", "modified", "inodes", "octets"].every((name) => isColumn(name, "number")) &&
    isColumn("clean", "boolean");
}

function pathIn(mailbox: string): string {
  return join(mailbox, OWN_FOLDER, "index");
}
