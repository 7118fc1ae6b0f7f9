/**
 * Removes what version 0.1 left beside an mbox when it was killed: `NAME.pop3svc-new`, a part of the new mbox, and
 * `NAME.pop3svc-old`, the mbox before the deletion. They do not change the outcome of the deletion.
 *
 * The name alone does not prove that a file is ours: it may be another user's mbox. So we remove a file only if it is
 * the mbox itself under a second name, or if all messages of the smaller of the two files are in the other one, in the
 * same order. Any other file is left alone.
 */
import { isSameInode } from "../../files/file_identity.ts";
import type { InPlaceFile } from "../../files/in_place_file.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import { MboxIds } from "./mbox_ids.ts";
import { indexMbox, type MboxMessage } from "./mbox_index.ts";
import type { MboxPlace } from "./mbox_place.ts";

/** The leftovers that are there. */
export async function oldLeftoversOf({ files, path }: MboxPlace): Promise<string[]> {
  const leftovers: string[] = [];
  for (const name of [`${path}.pop3svc-new`, `${path}.pop3svc-old`]) {
    if ((await files.look(name))?.isFile === true && !known.has(name)) leftovers.push(name);
  }
  return leftovers;
}

/** Files that were found not to be ours; each is reported once. */
const known = new Set<string>();

export async function removeOldLeftovers(
  place: MboxPlace,
  mbox: InPlaceFile,
  report: (error: Error) => void,
): Promise<void> {
  for (const name of await oldLeftoversOf(place)) {
    using file = await place.files.open(name, true);
    const mode = (await place.files.look(name))?.mode;
    if (file !== null && mode === mbox.info.mode && await isLeftover(file, mbox)) {
      await place.files.remove(name);
      continue;
    }
    known.add(name);
    report(
      new Error(
        `${name} has the name of a leftover of an earlier version, but other contents: it is left alone`,
      ),
    );
  }
}

async function isLeftover(file: OpenFile, mbox: InPlaceFile): Promise<boolean> {
  const { uid, size } = file.info;
  if (uid !== mbox.info.uid) return false;
  if (isSameInode(file.info, mbox.info) || size === 0) return true;
  const [own, others] = [await messagesOf(file), await messagesOf(mbox)];
  const last = own.at(-1);
  return isPartOf(others, own) ||
    last !== undefined && isPartOf(own.slice(0, -1), others, true) &&
      isBeginning(file, last, mbox, others);
}

/** Whether all of some messages are among others, in the same order. */
function isPartOf(
  part: readonly MboxMessage[],
  whole: readonly MboxMessage[],
  mayBeEmpty = false,
): boolean {
  let at = 0;
  for (const { digest } of whole) if (digest === part[at]?.digest) at++;
  return at === part.length && (mayBeEmpty || part.length > 0);
}

/** Whether the last message of a file that was cut short is the beginning of one of the mbox. */
function isBeginning(
  file: OpenFile,
  { start, next }: MboxMessage,
  mbox: OpenFile,
  others: readonly MboxMessage[],
): boolean {
  const length = Math.min(next - start, MOST_COMPARED);
  const beginning = octetsAt(file, start, length);
  return others.some((other) =>
    octetsAt(mbox, other.start, length).every((octet, at) => octet === beginning[at])
  );
}

const MOST_COMPARED = 65_536;

function octetsAt(file: OpenFile, start: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  file.readNow(octets, start);
  return octets;
}

async function messagesOf(file: OpenFile): Promise<MboxMessage[]> {
  return [...(await indexMbox(file, new MboxIds())).messages.values()];
}
