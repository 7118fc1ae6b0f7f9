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
import { CR, LF } from "../../protocol/ascii.ts";
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import { type FileIdentity, identityOf, isSameFile } from "../../files/file_identity.ts";
import { TimeSlice } from "../../connection/time_slice.ts";
import { FromUnquoter } from "./from_unquoter.ts";

/** Of work, before others have a turn. */
const SLICE_MS = 2;

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
  const slice = new TimeSlice(SLICE_MS);
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
  /** Its first octets, one character each; empty for a line that is of no interest. */
  readonly head: string;
}

/** Visits each line; not an iterator, since a promise for each of millions of lines would cost more than the rest. */
async function eachLine(
  file: Deno.FsFile,
  start: number,
  end: number,
  slice: TimeSlice,
  visit: (line: Line) => void,
): Promise<void> {
  let lineStart = start;
  let offset = start;
  let head = "";
  for await (const chunk of chunksOf(file, start, end, slice)) {
    for (let at = 0; at < chunk.length;) {
      const lineFeed = chunk.indexOf(LF, at);
      const stop = lineFeed === -1 ? chunk.length : lineFeed + 1;
      if (head !== "" || lineFeed === -1 || mayMatter(chunk[at])) {
        const wanted = Math.min(stop, at + LINE_HEAD_OCTETS - head.length);
        head += String.fromCharCode(...chunk.subarray(at, wanted));
      }
      at = stop;
      if (lineFeed === -1) break;
      visit({ start: lineStart, end: offset + stop, head });
      lineStart = offset + stop;
      head = "";
    }
    offset += chunk.length;
  }
  if (lineStart < end) visit({ start: lineStart, end, head });
}

/** Could the line be blank, a `From ` line or a `Content-Length`? Of the others nobody looks at the head. */
function mayMatter(first: number | undefined): boolean {
  return first === LF || first === CR || first === 0x46 || first === 0x43 || first === 0x63;
}

const isBlank = ({ head, start, end }: Line) => end - start <= 2 && /^\r?\n$/.test(head);
const isFrom = ({ head }: Line) => head.startsWith("From ");

async function findPlaces(file: Deno.FsFile, size: number, slice: TimeSlice): Promise<Place[]> {
  const finder = new PlaceFinder((offset) => leadsToNext(file, offset, size));
  await eachLine(file, 0, size, slice, (line) => finder.visit(line));
  return finder.finish(size);
}

/** Finds the places of messages, line by line. */
class PlaceFinder {
  readonly #leadsToNext: (offset: number) => boolean;
  readonly #places: Place[] = [];
  /** The message that we are in. */
  #open: Pick<Place, "start" | "contentStart"> | null = null;
  #isInHeader = false;
  /** What its header says, and where it ends if that is right. */
  #toldLength: number | null = null;
  #toldEnd: number | null = null;
  /** The line before, if that is blank. */
  #blank: Line | null = null;

  constructor(leadsToNext: (offset: number) => boolean) {
    this.#leadsToNext = leadsToNext;
  }

  visit(line: Line): void {
    if (this.#toldEnd !== null && line.start < this.#toldEnd) return;
    const mayBegin = line.start === 0 || line.start === this.#toldEnd || this.#blank !== null;
    if (mayBegin && isFrom(line)) {
      this.#close(line.start);
      this.#open = { start: line.start, contentStart: line.end };
      this.#isInHeader = true;
      return;
    }
    this.#blank = isBlank(line) ? line : null;
    if (this.#isInHeader) this.#visitHeader(line);
  }

  /** A blank line at the very end separates nothing, but belongs to the form, not to the message. */
  finish(size: number): Place[] {
    this.#close(size);
    return this.#places;
  }

  #visitHeader(line: Line): void {
    const [, length] = /^content-length:\s*(\d{1,15})\s*$/i.exec(line.head) ?? [];
    if (length !== undefined) this.#toldLength = Number(length);
    if (this.#blank === null) return;
    this.#isInHeader = false;
    if (this.#toldLength === null || !this.#leadsToNext(line.end + this.#toldLength)) return;
    this.#toldEnd = line.end + this.#toldLength;
    this.#blank = null;
  }

  #close(end: number): void {
    if (this.#open !== null) {
      const contentEnd = this.#toldEnd ?? this.#blank?.start ?? end;
      const hasLength = this.#toldEnd !== null;
      const { contentStart } = this.#open;
      this.#places.push({
        ...this.#open,
        contentEnd: Math.max(contentStart, contentEnd),
        hasLength,
      });
    }
    this.#blank = this.#toldEnd = this.#toldLength = null;
  }
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
  let found = false;
  await eachLine(file, contentStart, contentEnd, slice, (line) => {
    if (isFrom(line)) found = true;
  });
  return found;
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
