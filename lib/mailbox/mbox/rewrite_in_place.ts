/**
 * Rewrites an mbox in place, all or nothing, even if the process is killed or the disk fails.
 *
 * 1. All octets from the first change on are written into a journal in one of our folders, and synced.
 * 2. The kept octets are moved towards the start of the file, and synced. The file keeps its length, so that mail that
 *    another program appends stays.
 * 3. If the file still has its old length, it is cut. This is the decision; it is synced.
 * 4. The journal is removed.
 *
 * If there is a journal when an mbox is opened, the change is undone if the file was not cut; otherwise the journal is
 * removed. If the file is not as we left it, another program has rewritten it: then we do not change it, rename the
 * journal, and log an error. Where it cannot be undone at once, the client hears that the outcome is not known.
 *
 * On a full disk the journal is in the state directory. Without room there, only the last messages can be deleted.
 */
import { createHash } from "node:crypto";
import { isDiskFull } from "../../files/cannot_write.ts";
import type { FileSystem } from "../../files/file_system.ts";
import type { InPlaceFile } from "../../files/in_place_file.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import { writeWhole } from "../../files/write_whole.ts";
import { PartialDeletionError } from "../../provider/partial_deletion_error.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { UnknownOutcomeError } from "../unknown_outcome.ts";
import { copy, eachChunk, type FileRange, octetsIn } from "./file_range.ts";
import type { MboxPlace } from "./mbox_place.ts";

const VERSION = 1;
const HEAD_OCTETS = 1_024;

/** The first line of a journal, padded to HEAD_OCTETS; the old octets from `from` to `size` follow. */
interface JournalHead {
  readonly version: typeof VERSION;
  readonly inode: number;
  /** Where the first change is. */
  readonly from: number;
  /** The size of the mbox before and after. */
  readonly size: number;
  readonly newSize: number;
  /** SHA-256 of the octets from `from` to `newSize` after the change. */
  readonly digest: string;
}

/** The paths of mboxes that may have been cut although the client got the reply that nothing was deleted. */
const revoked = new Set<string>();

export async function rewriteInPlace(
  place: MboxPlace,
  folder: string,
  mbox: InPlaceFile,
  size: number,
  kept: readonly FileRange[],
): Promise<void> {
  const from = kept[0]?.start === 0 ? kept[0].end : 0;
  const moved = kept.filter(({ start }) => start >= from);
  const newSize = moved.reduce((sum, range) => sum + octetsIn(range), from);
  const digest = await digestOf(mbox, moved);
  const { ino } = mbox.info;
  const head: JournalHead = { version: VERSION, inode: ino ?? 0, from, size, newSize, digest };
  const journalFolder = await placeJournal(place, folder, head, mbox, moved.length === 0);
  if (journalFolder === null) {
    await cut(mbox, size, newSize);
    return await mbox.sync().catch((cause) => {
      // The messages are gone, so the client must still hear how many.
      throw new PartialDeletionError(new Set(), { cause });
    });
  }
  let mayBeCut = false;
  try {
    let end = from;
    for (const range of moved) end = await copy(mbox, range, mbox, end);
    mayBeCut = true;
    await cut(mbox, size, newSize);
    await mbox.sync();
  } catch (error) {
    // If undoing fails, the journal stays, and the next session that opens the mbox tries it again.
    revoked.add(place.path);
    await recoverInPlace(place, journalFolder, mbox, () => {}).catch(() => {});
    throw mayBeCut && revoked.has(place.path) ? new UnknownOutcomeError(error) : error;
  }
  await place.files.remove(journalIn(place, journalFolder)).catch(() => {});
}

/** Cuts the file, unless another program has appended to it. */
async function cut(mbox: InPlaceFile, size: number, newSize: number): Promise<void> {
  await mbox.sync();
  if (mbox.identityNow().size !== size) {
    throw new Pop3ResponseError("Another program is writing this mailbox.", { code: "IN-USE" });
  }
  await mbox.truncate(newSize);
}

/** Writes the journal where it finds room. @returns its folder; null where it needs none and finds no room */
async function placeJournal(
  place: MboxPlace,
  folder: string,
  head: JournalHead,
  mbox: OpenFile,
  isCutOnly: boolean,
): Promise<string | null> {
  try {
    await writeJournal(place, folder, head, mbox);
    return folder;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    const spare = await place.spareFolder();
    try {
      if (spare === null || spare === folder) throw error;
      await writeJournal(place, spare, head, mbox);
      return spare;
    } catch (error) {
      if (isDiskFull(error) && isCutOnly) return null;
      throw error;
    }
  }
}

/** Whether one of our folders holds a journal to recover from. */
export async function hasJournal(place: MboxPlace, folder: string): Promise<boolean> {
  return await place.files.look(journalIn(place, folder)) !== null;
}

/** Undoes what was interrupted; the caller holds all locks. */
export async function recoverInPlace(
  place: MboxPlace,
  folder: string,
  mbox: InPlaceFile,
  report: (error: Error) => void,
): Promise<void> {
  const { files } = place;
  await removeIfThere(files, unfinishedIn(place, folder));
  const name = journalIn(place, folder);
  using journal = await files.open(name, false);
  if (journal === null) return;
  const head = readHead(journal, mbox);
  if (head !== null && await undo(journal, head, mbox, revoked.has(place.path))) {
    await files.remove(name);
  } else {
    const aside = place.nameIn(folder, `journal-${crypto.randomUUID()}`);
    await files.rename(name, aside);
    report(
      new Error(
        `another program rewrote ${place.path} after a deletion was interrupted: ` +
          `${aside} holds, after its first ${HEAD_OCTETS} octets, what the mbox held then`,
      ),
    );
  }
  revoked.delete(place.path);
}

/** Puts the old octets back, unless the file was cut; false if the file is not as we left it. */
async function undo(
  journal: OpenFile,
  { from, size, newSize, digest }: JournalHead,
  mbox: InPlaceFile,
  isRevoked: boolean,
): Promise<boolean> {
  const now = mbox.identityNow().size;
  const restStart = HEAD_OCTETS + newSize - from;
  if (now >= size && await isSame(journal, restStart, mbox, newSize, size)) {
    await copy(journal, { start: HEAD_OCTETS, end: restStart }, mbox, from);
    await mbox.sync();
    return true;
  }
  if (now < newSize || await digestOf(mbox, [{ start: from, end: newSize }]) !== digest) {
    return false;
  }
  if (isRevoked) {
    const appended = new Uint8Array(now - newSize);
    if (appended.length > 0) mbox.readNow(appended, newSize);
    await copy(journal, { start: HEAD_OCTETS, end: HEAD_OCTETS + size - from }, mbox, from);
    await mbox.write(appended, size);
    await mbox.sync();
  }
  return true;
}

async function writeJournal(
  place: MboxPlace,
  folder: string,
  head: JournalHead,
  mbox: OpenFile,
): Promise<void> {
  const { files } = place;
  const unfinished = unfinishedIn(place, folder);
  await removeIfThere(files, unfinished);
  try {
    await writeWhole(files, journalIn(place, folder), unfinished, async (file) => {
      const line = `${JSON.stringify(head).padEnd(HEAD_OCTETS - 1)}\n`;
      await file.write(new TextEncoder().encode(line));
      await eachChunk(mbox, { start: head.from, end: head.size }, (chunk) => file.write(chunk));
    });
    await files.sync(folder);
  } catch (error) {
    await removeIfThere(files, journalIn(place, folder)).catch(() => {});
    throw error;
  }
}

/** Null when the journal is not for this file. */
function readHead(journal: OpenFile, mbox: InPlaceFile): JournalHead | null {
  const octets = new Uint8Array(HEAD_OCTETS);
  const text = new TextDecoder().decode(octets.subarray(0, journal.readNow(octets, 0)));
  try {
    const head: Partial<JournalHead> = JSON.parse(text);
    const { version, inode, from, size, newSize, digest } = head;
    if (version !== VERSION || inode !== (mbox.info.ino ?? 0) || typeof digest !== "string") {
      return null;
    }
    if (!isOffset(from) || !isOffset(size) || !isOffset(newSize)) return null;
    if (from > newSize || newSize > size || journal.info.size !== HEAD_OCTETS + size - from) {
      return null;
    }
    return { version, inode, from, size, newSize, digest };
  } catch {
    return null;
  }
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

async function digestOf(file: OpenFile, ranges: readonly FileRange[]): Promise<string> {
  const hash = createHash("sha256");
  for (const range of ranges) {
    await eachChunk(file, range, (chunk) => void hash.update(chunk));
  }
  return hash.digest("hex");
}

/** Whether a part of the journal equals the mbox from `start` to `end`. */
async function isSame(
  journal: OpenFile,
  journalStart: number,
  mbox: OpenFile,
  start: number,
  end: number,
): Promise<boolean> {
  const range = { start: journalStart, end: journalStart + end - start };
  return await digestOf(journal, [range]) === await digestOf(mbox, [{ start, end }]);
}

async function removeIfThere(files: FileSystem, path: string): Promise<void> {
  if (await files.look(path) !== null) await files.remove(path);
}

const journalIn = (place: MboxPlace, folder: string) => place.nameIn(folder, "journal");
const unfinishedIn = (place: MboxPlace, folder: string) => place.nameIn(folder, "journal-new");
