/**
 * Lists the files of a mailbox that are messages now.
 *
 * Some programs write their files directly into a plain folder, and nothing shows when a file is complete. So a young file
 * is a message only after it has not changed for a while:
 *
 * - By default a file is young for two seconds, since FAT keeps times in such steps. A login waits a quarter of a
 *   second, and serves young files whose size and time have not changed meanwhile. It repeats that for two seconds at
 *   most.
 * - If the options give a settle time, no younger file is served, and a login does not wait for it.
 * - A time in the future means a wrong clock: such a file is young until it has not changed for a quarter of a second.
 * - A file that was served before, and has not changed, is served again.
 *
 * A copy that stalls for longer is noticed when the message is opened: the identity of the file has changed.
 */
import { join } from "@std/path";
import type { Clock } from "../../time/clock.ts";
import { identityOf, isSameFile } from "../../files/file_identity.ts";
import { LeftOut, type LeftOutReason } from "../left_out.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import type { FileAtPath, KnownMessages } from "./message_ids.ts";
import type { MessageLayout } from "./message_layout.ts";

export interface ListedMessages {
  readonly files: readonly FileAtPath[];
  readonly leftOut: LeftOut;
  /** How many files may still be written by another program. */
  readonly unsettled: number;
  /**
   * Whether the list may be that of another folder: listed files were gone, or there were files of other users in a place
   * where the mailbox's user can put another folder.
   */
  readonly isDoubtful: boolean;
}

// See above.
const YOUNG_MS = 2_000;
const QUIET_MS = 250;

/** @param settleTime milliseconds; null for the default */
export async function listMessages(
  folder: MailboxFolder,
  folders: Iterable<string>,
  layout: MessageLayout,
  settleTime: number | null,
  known: KnownMessages,
  clock: Clock,
): Promise<ListedMessages> {
  const found: FileAtPath[] = [];
  const leftOut = new LeftOut();
  let isDoubtful = false;
  for (const name of folders) {
    const listed = await folder.files.regularFiles(join(folder.path, name));
    isDoubtful ||= listed.hasVanished;
    const names = new Set(listed.files.map(({ name }) => name));
    for (const file of listed.files) {
      const path = name === "." ? file.name : `${name}/${file.name}`;
      const reason = folder.isServed(file.info)
        ? layout.whyNoMessage(file.name, names)
        : foreign(folder);
      if (reason === null) found.push({ ...file, path });
      else leftOut.add(reason, path);
      isDoubtful ||= folder.isExposed && !folder.isServed(file.info);
    }
    for (const each of listed.unnameable) leftOut.add(unnameable, each);
  }
  if (layout.format === "folder") await leaveOutMaildir(folder, leftOut);
  const files = layout.isWrittenInPlace && settleTime !== 0
    ? await settled(folder, found, settleTime, known, clock)
    : found;
  return { files, leftOut, unsettled: found.length - files.length, isDoubtful };
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

async function settled(
  folder: MailboxFolder,
  found: readonly FileAtPath[],
  settleTime: number | null,
  known: KnownMessages,
  clock: Clock,
): Promise<FileAtPath[]> {
  const now = Date.now();
  const ageOf = ({ info }: FileAtPath) => now - (info.mtime?.getTime() ?? 0);
  const files: FileAtPath[] = [];
  let waiting: FileAtPath[] = [];
  const servedBefore = pathsOf(known);
  for (const file of found) {
    const age = ageOf(file);
    if (age >= (settleTime ?? YOUNG_MS)) files.push(file);
    else if (servedBefore(file)) files.push(file);
    else if (settleTime === null || age < 0) waiting.push(file);
  }
  const until = clock.now() + YOUNG_MS;
  while (waiting.length > 0 && clock.now() < until) {
    await new Promise<void>((resolve) => clock.after(QUIET_MS, resolve));
    const moving: FileAtPath[] = [];
    for (const file of waiting) {
      const info = await folder.files.look(join(folder.path, file.path));
      if (info === null || !folder.isServed(info)) continue;
      const isQuiet = isSameFile(identityOf(info), identityOf(file.info));
      (isQuiet ? files : moving).push({ ...file, info });
    }
    waiting = moving;
  }
  return files;
}

function pathsOf(known: KnownMessages): (file: FileAtPath) => boolean {
  let byPath: Map<string, ReturnType<typeof identityOf>> | null = null;
  return ({ path, info }) => {
    byPath ??= new Map([...known.messages.values()].map(({ path, identity }) => [path, identity]));
    const before = byPath.get(path);
    return before !== undefined && isSameFile(before, identityOf(info));
  };
}
