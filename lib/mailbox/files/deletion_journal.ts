/**
 * A journal of the names of messages to be deleted, for a disk that is too full for a folder to move them into. It is in
 * our folder, or in the spare folder in the state directory.
 *
 * 1. The journal is written as `unfinished-ID`, and synced.
 * 2. It is renamed to `journal-ID`, and that is synced. This rename is the decision.
 * 3. The messages are removed by name, and then the journal.
 *
 * The next login removes `unfinished-ID`, and finishes `journal-ID`. If the first message cannot be removed, the
 * decision is taken back, and the client gets the reply that nothing was deleted, or, if the journal cannot be removed,
 * that the outcome is not known. If the disk does not answer whether it has removed a message, the decision stays.
 */
import { dirname, join } from "@std/path";
import { isDiskFull } from "../../files/cannot_write.ts";
import { makeStateFolder } from "../../files/state_directory.ts";
import { readWhole } from "../../files/read_whole.ts";
import { writeWhole } from "../../files/write_whole.ts";
import { UnknownOutcomeError } from "../unknown_outcome.ts";
import { type Disposal, type DoomedFile, JOURNAL, journalsIn } from "./deletions.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { RemoverByName } from "./remove_by_name.ts";

/** Raised when an earlier version of the server must not read the file. */
const VERSION = 1;

interface Journal {
  readonly version: typeof VERSION;
  readonly disposal: Disposal;
  readonly files: readonly DoomedFile[];
}

/** The paths of journals whose decision could not be taken back on the disk. */
const revoked = new Set<string>();

/**
 * Deletes files by a journal in this place; false if nothing was deleted, since the journal found no room.
 *
 * @param own our folder, which need not exist
 */
export async function deletedByJournal(
  folder: MailboxFolder,
  own: string,
  place: string,
  disposal: Disposal,
  doomed: readonly DoomedFile[],
): Promise<boolean> {
  const { files } = folder;
  const id = crypto.randomUUID();
  const decided = join(place, `${JOURNAL.decided}${id}`);
  const journal: Journal = { version: VERSION, disposal, files: doomed };
  const remover = new RemoverByName(folder, own, disposal);
  let mayBeDecided = false;
  try {
    if (place !== own) await makeStateFolder(dirname(place));
    await files.makeFolder(place);
    const octets = new TextEncoder().encode(`${JSON.stringify(journal)}\n`);
    const unfinished = join(place, `${JOURNAL.unfinished}${id}`);
    await writeWhole(files, decided, unfinished, async (file) => {
      await file.write(octets);
      mayBeDecided = true;
    });
    await files.sync(place);
    await files.sync(dirname(place));
    await carryOut(folder, remover, journal);
  } catch (error) {
    // The decision is durable, and what fails now is tried again by the next login.
    if (remover.hasBegun) return true;
    revoked.add(decided);
    const isTakenBack = await finishJournals(folder, own, place).then(() => true, () => false);
    if (isDiskFull(error)) return false;
    throw mayBeDecided && !isTakenBack ? new UnknownOutcomeError(error) : error;
  }
  await files.remove(decided).catch(() => {});
  await removeIfEmpty(folder, place);
  return true;
}

/** Finishes the deletions of which a journal is left in this place. The caller holds the lock on deletions. */
export async function finishJournals(
  folder: MailboxFolder,
  own: string,
  place: string,
): Promise<void> {
  const names = await journalsIn(folder, place);
  for (const name of names) {
    const path = join(place, name);
    if (name.startsWith(JOURNAL.decided) && !revoked.has(path)) {
      const journal = await read(folder, path);
      if (journal === null) {
        await folder.files.rename(path, join(place, `unreadable-${crypto.randomUUID()}`));
        folder.report(new Error(`${path} is no journal of a deletion; it is renamed`));
        continue;
      }
      const remover = new RemoverByName(folder, own, journal.disposal);
      if (folder.isGuarded) await remover.settleSwept(journal.files);
      try {
        await carryOut(folder, remover, journal);
      } catch (cause) {
        // The other messages can still be read.
        folder.report(new Error(`the deletion in ${path} cannot be finished now`, { cause }));
        continue;
      }
    }
    await folder.files.remove(path);
    revoked.delete(path);
  }
  if (names.length > 0) await removeIfEmpty(folder, place);
}

/** Removes all files of a journal. If one cannot be removed, the others are. */
async function carryOut(
  folder: MailboxFolder,
  remover: RemoverByName,
  { files }: Journal,
): Promise<void> {
  let failure: { readonly error: unknown } | null = null;
  for (const file of files) {
    try {
      await remover.remove(file);
    } catch (error) {
      // A disk that does not answer need not be asked about each message.
      if (!remover.hasBegun || error instanceof Deno.errors.TimedOut) throw error;
      failure ??= { error };
    }
  }
  for (const name of new Set(files.map(({ path }) => dirname(path)))) {
    await folder.files.sync(join(folder.path, name));
  }
  if (failure !== null) throw failure.error;
}

async function removeIfEmpty({ files }: MailboxFolder, place: string): Promise<void> {
  // The lock, or another file of ours, may be in it; the end of the lock removes the folder.
  await files.remove(place).catch(() => {});
}

/** Null when it is of another version, or damaged. */
async function read({ files }: MailboxFolder, path: string): Promise<Journal | null> {
  // Nobody else can write in the folder.
  using file = await files.open(path, false);
  if (file === null) return null;
  // If that fails, the decision still holds: the next login reads it again.
  const octets = await readWhole(file, path).catch((cause) => {
    throw new Error(`${path} cannot be read`, { cause });
  });
  try {
    const journal: unknown = JSON.parse(new TextDecoder().decode(octets));
    return isJournal(journal) ? journal : null;
  } catch {
    return null;
  }
}

function isJournal(value: unknown): value is Journal {
  if (typeof value !== "object" || value === null || !("version" in value)) return false;
  if (value.version !== VERSION || !("disposal" in value) || !("files" in value)) return false;
  return (value.disposal === "remove" || value.disposal === "trash") &&
    Array.isArray(value.files) && value.files.every(isDoomedFile);
}

function isDoomedFile(value: unknown): value is DoomedFile {
  if (typeof value !== "object" || value === null || !("path" in value)) return false;
  if (!("uniqueId" in value) || !("identity" in value)) return false;
  const { path, uniqueId, identity } = value;
  return typeof path === "string" && isPlainPath(path) && typeof uniqueId === "string" &&
    typeof identity === "object" && identity !== null &&
    "size" in identity && typeof identity.size === "number" &&
    "modified" in identity && typeof identity.modified === "number" &&
    "inode" in identity && typeof identity.inode === "number";
}

/** A name in the mailbox, or in one of the folders of a Maildir. */
function isPlainPath(path: string): boolean {
  return /^(?:(?:new|cur)\/)?[^/\0]+$/.test(path) && !/(?:^|\/)\.\.?$/.test(path);
}
