/**
 * Finds the files of a mailbox that are messages now (young_files.ts says when a file is one), and looks at as few of
 * them as it can:
 *
 * - A folder whose stamp is as before holds what it held before. It is not listed.
 * - In a folder that is listed, known_names.ts says which names that are known need no look.
 * - Another program may move a message meanwhile, from a folder that we have yet to see to one that we have seen. So a
 *   folder whose stamp has changed since is listed again, and what was in it at any of the two times is there.
 */
import { join } from "@std/path";
import type { Clock } from "../../time/clock.ts";
import { TimeSlice } from "../../time/time_slice.ts";
import { identityOf } from "../../files/file_identity.ts";
import { LeftOut, type LeftOutReason } from "../left_out.ts";
import { countOf, nameIn, ROWS_AT_ONCE } from "./former_messages.ts";
import type { KnownNames } from "./known_names.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import type { FileAtPath, FoundFiles, KnownMessages } from "./message_ids.ts";
import type { MessageLayout } from "./message_layout.ts";
import type { MessageTable } from "./message_table.ts";
import { type FolderStamp, stampOf } from "./stamp.ts";
import { waitForYoungFiles } from "./young_files.ts";

/** What is known of a folder of messages. */
export interface KnownFolder {
  readonly stamp: string;
  readonly leftOut: LeftOut;
}

/** What is known of a mailbox. */
export interface KnownMailbox extends KnownMessages {
  /** The folders whose stamps can be trusted. */
  readonly folders: ReadonlyMap<string, KnownFolder>;
}

export interface ListedMessages extends FoundFiles {
  /** What is left out in each folder. */
  readonly leftOut: ReadonlyMap<string, LeftOut>;
  /** How many files may still be written by another program. */
  readonly unsettled: number;
  /**
   * Whether the list may be that of another folder: listed files were gone, or there were files of other users in a place
   * where the mailbox's user can put another folder.
   */
  readonly isDoubtful: boolean;
}

/** What a listing needs. */
export interface Listing {
  readonly folder: MailboxFolder;
  readonly layout: MessageLayout;
  /** Milliseconds; null for the default. */
  readonly settleTime: number | null;
  readonly clock: Clock;
}

export async function listMessages(
  { folder, layout, settleTime, clock }: Listing,
  folders: ReadonlyMap<string, FolderStamp>,
  known: KnownMailbox,
  knownNames: KnownNames,
): Promise<ListedMessages> {
  const { messages } = known;
  const began = Date.now();
  const kept = new Uint8Array(messages.size);
  const found = new Map<string, FileAtPath>();
  const leftOut = new Map<string, LeftOut>();
  let isDoubtful = false;
  const slice = new TimeSlice();
  const changed: string[] = [];
  for (const [name, { stamp }] of folders) {
    const before = known.folders.get(name);
    // The rows do not hold all paths of messages that have several; then we look at all files.
    if (before?.stamp === stamp && !messages.hasOtherPaths) {
      keepAllIn(name, messages, kept);
      leftOut.set(name, before.leftOut);
    } else changed.push(name);
  }
  const names = knownNames.begin(messages, messages.size - countOf(kept));
  /** Files that count as known, and are no messages, as another file tells. */
  const leaveOutToldOf = async (telling: ReadonlySet<string>, start: string, out: LeftOut) => {
    for (let row = 0; row < messages.size; row++) {
      if (row % ROWS_AT_ONCE === 0) await slice.pause();
      const path = messages.pathAt(row);
      if (kept[row] !== 1 || !path.startsWith(start)) continue;
      const reason = layout.whyNoMessage(nameIn(path), telling);
      if (reason === null) continue;
      kept[row] = 0;
      out.add(reason, path);
    }
  };
  const list = async (name: string) => {
    const start = startIn(name);
    const pathOf = (file: string) => start + file;
    const { rowsByPath, hasOtherPaths } = messages;
    if (!hasOtherPaths) await rowsByPath.prepare(slice);
    const telling = new Set<string>();
    const listed = await folder.files.regularFiles(join(folder.path, name), (name) => {
      const row = hasOtherPaths ? undefined : rowsByPath.rowListedAt(pathOf(name));
      if (row !== undefined && names.isTrusted(row)) {
        kept[row] = 1;
        return true;
      }
      if (layout.tellsOfOthers(name)) telling.add(name);
      return false;
    });
    const out = new LeftOut();
    leftOut.set(name, out);
    isDoubtful ||= listed.hasVanished;
    if (telling.size > 0) await leaveOutToldOf(telling, start, out);
    // A file system of a test may list without asking.
    for (const { name } of listed.files) if (layout.tellsOfOthers(name)) telling.add(name);
    for (const [at, file] of listed.files.entries()) {
      if (at % ROWS_AT_ONCE === 0) await slice.pause();
      const path = pathOf(file.name);
      const isServed = folder.isServed(file.info);
      const reason = isServed ? layout.whyNoMessage(file.name, telling) : foreign(folder);
      const row = hasOtherPaths ? undefined : rowsByPath.rowAt(path);
      const isKept = reason === null && row !== undefined &&
        messages.isStill(row, identityOf(file.info));
      if (row !== undefined) kept[row] = isKept ? 1 : 0;
      if (isKept) names.lookedAt(row);
      if (reason !== null) out.add(reason, path);
      if (reason !== null || isKept) found.delete(path);
      else found.set(path, { ...file, path });
      isDoubtful ||= folder.isExposed && !isServed;
    }
    for (const each of listed.unnameable) out.add(unnameable, each);
  };
  let seenLast = "";
  for (const name of changed) {
    await list(name);
    seenLast = name;
  }
  if (folders.size > 1) {
    const now = await stampOf(folder);
    for (const [name, { stamp }] of now.folders) {
      // What left the others before this one was listed was seen here, and what left them later was seen there.
      if (name !== seenLast && stamp !== folders.get(name)?.stamp) await list(name);
    }
  }
  if (layout.format === "folder") {
    const beside = new LeftOut();
    await leaveOutMaildir(folder, beside);
    leftOut.set("beside", beside);
  }
  const files = layout.isWrittenInPlace && settleTime !== 0
    ? await waitForYoungFiles(folder, [...found.values()], began, settleTime, clock)
    : [...found.values()];
  return { began, kept, files, leftOut, unsettled: found.size - files.length, isDoubtful };
}

/** What the paths of all messages in a folder begin with. */
function startIn(folder: string): string {
  return folder === "." ? "" : `${folder}/`;
}

/** Marks the rows of all messages in a folder. */
function keepAllIn(folder: string, messages: MessageTable, kept: Uint8Array): void {
  const start = startIn(folder);
  for (let row = 0; row < messages.size; row++) {
    if (messages.pathAt(row).startsWith(start)) kept[row] = 1;
  }
}

/** Reports the files of `new` and `cur` as left out: somebody would miss them if the folder is really a Maildir. */
async function leaveOutMaildir({ files, path }: MailboxFolder, leftOut: LeftOut): Promise<void> {
  for (const name of ["new", "cur"]) {
    try {
      if ((await files.look(join(path, name)))?.isDirectory !== true) continue;
      for (const entry of await files.entries(join(path, name))) {
        if (entry.isFile && !entry.name.startsWith(".")) {
          leftOut.add(maildirBeside, `${name}/${entry.name}`);
        }
      }
    } catch {
      // A folder that this process may not read must not stop the listing.
    }
  }
}

const maildirBeside: LeftOutReason = {
  text: "in a Maildir beside the files (serve it with --format maildir)",
  isFault: true,
};

const unnameable: LeftOutReason = {
  text: "with a name that is no UTF-8 (rename it)",
  isFault: true,
};

function foreign({ owner, path }: MailboxFolder): LeftOutReason {
  return {
    text: `of somebody else than the owner of the mailbox (if it is the owner's mail, type: ` +
      `chown -R ${owner} '${path}')`,
    isFault: true,
  };
}
