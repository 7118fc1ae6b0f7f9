/**
 * Decides which parts of an mbox are written when messages are deleted.
 *
 * A kept line may be a separator only because of a deleted message: because of the blank line before it, the form of
 * the first separator, or a `Content-Length` that led nowhere. So before anything is written, we look for messages in
 * what will be left: it must hold exactly the kept messages, with the same octets. If it does not, a blank line,
 * which belongs to no message, is put before each kept separator that lacks one. If that does not help, nothing is
 * deleted.
 */
import { TimeSlice } from "../../time/time_slice.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { FileRange } from "./file_range.ts";
import type { MessagePlace } from "./found_messages.ts";
import { KeptOctets } from "./kept_octets.ts";
import { findMessages, type MboxIndex } from "./mbox_index.ts";

/** What is kept and what is deleted; together they make up the file. */
export interface Ranges {
  readonly kept: readonly FileRange[];
  readonly deleted: readonly FileRange[];
  /** The messages that are kept. */
  readonly places: readonly MessagePlace[];
}

/**
 * What is kept and what is deleted.
 *
 * @throws {Error} when an octet is in neither part, or in both
 */
export function rangesOf(
  { identity, found, messages }: MboxIndex,
  uniqueIds: ReadonlySet<string>,
): Ranges {
  const doomed = new Set<number>();
  for (const uniqueId of uniqueIds) {
    const message = messages.get(uniqueId);
    if (message !== undefined) doomed.add(message.start);
  }
  const kept: { start: number; end: number }[] = [{ start: 0, end: found.before }];
  const deleted: FileRange[] = [];
  let counted = found.before;
  for (const { start, next } of found.places) {
    if (start !== counted || next < start) throw new Error("The messages do not make up the mbox");
    counted = next;
    const last = kept.at(-1);
    if (doomed.has(start)) deleted.push({ start, end: next });
    else if (last !== undefined && last.end === start) last.end = next;
    else kept.push({ start, end: next });
  }
  const octets = [...kept, ...deleted].reduce((sum, { start, end }) => sum + end - start, 0);
  if (counted !== identity.size || octets !== identity.size || doomed.size !== deleted.length) {
    throw new Error("The messages do not make up the mbox");
  }
  return {
    kept: kept.filter(({ start, end }) => end > start),
    deleted,
    places: found.places.filter(({ start }) => !doomed.has(start)),
  };
}

/**
 * What to write, so that the kept messages stay what they are.
 *
 * @throws {Pop3ResponseError} when there is no way
 */
export async function safeRangesOf(
  path: string,
  mbox: OpenFile,
  { kept, places }: Ranges,
): Promise<readonly FileRange[]> {
  if (await firstChanged(mbox, kept, places) === null) return kept;
  const joined = withBlankLines(mbox, kept);
  const changed = await firstChanged(mbox, joined, places);
  if (changed === null) return joined;
  const text = changed < places.length
    ? `the message at octet ${places[changed]?.start} would change`
    : "other text would count as a message";
  throw new Pop3ResponseError(
    "Other messages would change; nothing was deleted.",
    {
      code: "SYS/PERM",
      cause: new Error(`${path}: nothing is deleted: without the deleted messages, ${text}`),
    },
  );
}

/** The index of the first kept message that would not be found unchanged; null when all would be. */
async function firstChanged(
  mbox: OpenFile,
  kept: readonly FileRange[],
  places: readonly MessagePlace[],
): Promise<number | null> {
  const result = new KeptOctets(mbox, kept);
  const found = (await findMessages(result, result.info.size, new TimeSlice())).places;
  let index = 0;
  let rangeStart = 0;
  for (const { lead, start, end } of kept) {
    rangeStart += lead?.length ?? 0;
    const shift = rangeStart - start;
    for (; index < places.length; index++) {
      const [place, after] = [places[index], found[index]];
      if (place === undefined || place.start >= end) break;
      if (after === undefined || !isSamePlace(place, after, shift)) return index;
    }
    rangeStart += end - start;
  }
  return index === found.length ? null : index;
}

/** Whether a message is found at the shifted place. Equal octets have the same digest, and are sent the same. */
function isSamePlace(place: MessagePlace, after: MessagePlace, shift: number): boolean {
  return place.start + shift === after.start && place.isQuoted === after.isQuoted &&
    place.contentStart + shift === after.contentStart &&
    place.contentEnd + shift === after.contentEnd;
}

/** A blank line of more spaces is not seen, and gets another one, which does no harm. */
const TAIL_OCTETS = 80;

/** Adds a blank line at each join that has none. */
function withBlankLines(mbox: OpenFile, kept: readonly FileRange[]): readonly FileRange[] {
  return kept.map((range, index) => {
    const before = kept[index - 1];
    if (before === undefined) return range;
    const tail = new Uint8Array(Math.min(TAIL_OCTETS, before.end - before.start));
    mbox.readNow(tail, before.end - tail.length);
    const [, lineEnd = "", isBlank] =
      /(\r?\n)(?:[ \t]*(\r?\n))?$/.exec(String.fromCharCode(...tail)) ?? [];
    return isBlank === undefined ? { ...range, lead: new TextEncoder().encode(lineEnd) } : range;
  });
}
