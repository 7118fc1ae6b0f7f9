/**
 * Where the messages of an mbox are, found in one pass over the file, whatever its size.
 *
 * - A message begins with a line `From ...` at the start of the file or behind a blank line, and ends before the
 *   blank line in front of the next one (RFC 4155 appendix A). The `From ` line is not part of it.
 * - A `Content-Length` header is believed only where it leads to the end of the file or to the next `From ` line;
 *   then lines that begin with `From ` in between are text.
 * - A line `>From `, `>>From ` and so on stands for one with a `>` less: that is how mboxo and mboxrd quote. A
 *   message whose length was told, and which holds a bare `From ` line, was not quoted.
 * - The unique id is made of the bytes of the message, so it does not depend on its place; a second message of the
 *   same bytes gets a number behind it.
 */
import { createHash } from "node:crypto";
import { LF } from "../../protocol/ascii.ts";
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import { type FileIdentity, identityOf, isSameFile } from "../files/message_file.ts";
import { TimeSlice } from "../files/time_slice.ts";
import { FromUnquoter } from "./from_unquoter.ts";

/** One message of an mbox. Offsets are those of the file. */
export interface MboxMessage {
  readonly uniqueId: string;
  /** Where its `From ` line begins. */
  readonly start: number;
  /** Where the next message begins. */
  readonly next: number;
  /** Where its own bytes begin and end. */
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly isQuoted: boolean;
  /** Size as sent. */
  readonly octets: number;
}

/** All messages, by unique id in their order. */
export interface MboxIndex {
  readonly identity: FileIdentity;
  readonly messages: ReadonlyMap<string, MboxMessage>;
}

interface Place {
  readonly start: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly hasLength: boolean;
}

const CHUNK_OCTETS = 262_144;
/** As much of a line as is looked at: enough for `Content-Length` and its number. */
const LINE_HEAD_OCTETS = 64;

/** Null when the file changed while it was read. */
export async function indexMbox(path: string): Promise<MboxIndex | null> {
  using file = await Deno.open(path);
  const identity = identityOf(await file.stat());
  const slice = new TimeSlice();
  const places = await findPlaces(file, identity.size, slice);
  const messages = new Map<string, MboxMessage>();
  for (const [index, place] of places.entries()) {
    const next = places[index + 1]?.start ?? identity.size;
    const isQuoted = !place.hasLength || !await holdsBareFrom(file, place, slice);
    const { digest, octets } = await read(file, place, isQuoted, slice);
    let uniqueId = digest;
    for (let copy = 2; messages.has(uniqueId); copy++) uniqueId = `${digest}.${copy}`;
    messages.set(uniqueId, { ...place, uniqueId, next, isQuoted, octets });
  }
  return isSameFile(identityOf(await Deno.stat(path)), identity) ? { identity, messages } : null;
}

/** The chunks of a part of the file, in slices. */
async function* chunksOf(
  file: Deno.FsFile,
  start: number,
  end: number,
  slice: TimeSlice,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_OCTETS);
  for (let at = start; at < end;) {
    await slice.pause();
    file.seekSync(at, Deno.SeekMode.Start);
    const count = file.readSync(buffer.subarray(0, Math.min(end - at, buffer.length)));
    if (count === null) return;
    yield buffer.subarray(0, count);
    at += count;
  }
}

interface Line {
  readonly start: number;
  readonly end: number;
  /** Its first octets, one character each. */
  readonly head: string;
}

async function* linesOf(
  file: Deno.FsFile,
  start: number,
  end: number,
  slice: TimeSlice,
): AsyncGenerator<Line> {
  let lineStart = start;
  let offset = start;
  let head = "";
  for await (const chunk of chunksOf(file, start, end, slice)) {
    for (let at = 0; at < chunk.length;) {
      const lineFeed = chunk.indexOf(LF, at);
      const stop = lineFeed === -1 ? chunk.length : lineFeed + 1;
      const wanted = Math.min(stop, at + LINE_HEAD_OCTETS - head.length);
      head += String.fromCharCode(...chunk.subarray(at, wanted));
      at = stop;
      if (lineFeed === -1) break;
      yield { start: lineStart, end: offset + stop, head };
      lineStart = offset + stop;
      head = "";
    }
    offset += chunk.length;
  }
  if (lineStart < end) yield { start: lineStart, end, head };
}

const isBlank = ({ head, start, end }: Line) => end - start <= 2 && /^\r?\n$/.test(head);
const isFrom = ({ head }: Line) => head.startsWith("From ");

async function findPlaces(file: Deno.FsFile, size: number, slice: TimeSlice): Promise<Place[]> {
  const places: Place[] = [];
  let open: { readonly start: number; readonly contentStart: number } | null = null;
  let toldEnd: number | null = null;
  let inHeader = false;
  let toldLength: number | null = null;
  let blank: Line | null = null;
  const close = (end: number) => {
    if (open !== null) {
      const contentEnd = Math.max(open.contentStart, toldEnd ?? end);
      places.push({ ...open, contentEnd, hasLength: toldEnd !== null });
    }
    toldEnd = null;
  };
  for await (const line of linesOf(file, 0, size, slice)) {
    if (toldEnd !== null && line.start < toldEnd) continue;
    const mayBegin = line.start === 0 || blank !== null || line.start === toldEnd;
    if (isFrom(line) && mayBegin) {
      close(blank?.start ?? line.start);
      open = { start: line.start, contentStart: line.end };
      inHeader = true;
      toldLength = null;
      blank = null;
      continue;
    }
    blank = isBlank(line) ? line : null;
    if (!inHeader) continue;
    const [, length] = /^content-length:\s*(\d{1,15})\s*$/i.exec(line.head) ?? [];
    if (length !== undefined) toldLength = Number(length);
    if (blank === null) continue;
    inHeader = false;
    if (toldLength === null || !leadsToNext(file, line.end + toldLength, size)) continue;
    toldEnd = line.end + toldLength;
    blank = null;
  }
  // A blank line at the very end separates nothing, but belongs to the form, not to the message.
  close(blank?.start ?? size);
  return places;
}

/** Is there the end of the file or the next `From ` line, perhaps behind a blank line? */
function leadsToNext(file: Deno.FsFile, offset: number, size: number): boolean {
  if (offset > size) return false;
  const buffer = new Uint8Array(8);
  file.seekSync(offset, Deno.SeekMode.Start);
  const count = offset === size ? 0 : file.readSync(buffer) ?? 0;
  const text = String.fromCharCode(...buffer.subarray(0, count));
  return /^(\r?\n)?(From |$)/.test(text);
}

async function holdsBareFrom(
  file: Deno.FsFile,
  { contentStart, contentEnd }: Place,
  slice: TimeSlice,
): Promise<boolean> {
  for await (const line of linesOf(file, contentStart, contentEnd, slice)) {
    if (isFrom(line)) return true;
  }
  return false;
}

async function read(
  file: Deno.FsFile,
  { contentStart, contentEnd }: Place,
  isQuoted: boolean,
  slice: TimeSlice,
): Promise<{ readonly digest: string; readonly octets: number }> {
  const hash = createHash("sha256");
  const counter = new OctetCounter();
  const unquoter = new FromUnquoter();
  for await (const chunk of chunksOf(file, contentStart, contentEnd, slice)) {
    hash.update(chunk);
    counter.add(isQuoted ? unquoter.unquote(chunk) : chunk);
  }
  if (isQuoted) counter.add(unquoter.end());
  return { digest: hash.digest("hex").slice(0, 40), octets: counter.octets };
}
