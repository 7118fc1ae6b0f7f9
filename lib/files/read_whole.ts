/** Reads whole files: those that an option names, and the server's own. */
import { decodeText } from "./given_text.ts";
import { openGivenFile } from "./open_file.ts";
import type { OpenFile } from "./regular_file.ts";

/** No users file, certificate or config is larger. */
const MOST_OCTETS = 268_435_456;

/**
 * Reads a file that an option names, through links that may be followed.
 *
 * @throws {Deno.errors.NotFound} when there is no regular file
 * @throws {ForeignLinkError} when a link on the way must not be followed
 * @throws {RangeError} when it is far too large
 */
export function readGivenFile(path: string): Uint8Array<ArrayBuffer> {
  using file = openGivenFile(path);
  if (file === null) throw new Deno.errors.NotFound(`${path}: there is no such file`);
  return readWholeNow(file, path);
}

/**
 * Reads a file that an option names as text.
 *
 * @throws {TextEncodingError} when it cannot be decoded
 */
export function readGivenText(path: string): string {
  return decodeText(readGivenFile(path));
}

/** All octets that the file had when it was opened. */
export async function readWhole(file: OpenFile, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const octets = roomFor(file, path);
  for (let read = 0; read < octets.length;) {
    read += atLeastOne(await file.readSoon(octets.subarray(read), read), path);
  }
  return octets;
}

/** The same; it always waits for the disk. */
export function readWholeNow(file: OpenFile, path: string): Uint8Array<ArrayBuffer> {
  const octets = roomFor(file, path);
  for (let read = 0; read < octets.length;) {
    read += atLeastOne(file.readNow(octets.subarray(read), read), path);
  }
  return octets;
}

function roomFor({ info: { size } }: OpenFile, path: string): Uint8Array<ArrayBuffer> {
  if (size > MOST_OCTETS) throw new RangeError(`${path} is far too large: ${size} octets`);
  return new Uint8Array(size);
}

function atLeastOne(count: number, path: string): number {
  if (count > 0) return count;
  throw new Deno.errors.UnexpectedEof(`${path} became shorter while it was read`);
}
