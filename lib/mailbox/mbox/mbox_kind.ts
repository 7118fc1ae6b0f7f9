/**
 * Recognizes by their first octets files that are given as an mbox but are something else, and says what to do with
 * them.
 */
import { join } from "@std/path";
import { lookAtGiven } from "../../files/given_path.ts";
import type { OpenFile } from "../../files/regular_file.ts";

const HEAD_OCTETS = 64;

const KINDS: readonly (readonly [beginning: string, text: string])[] = [
  ["\x01\x01\x01\x01", "it is MMDF: convert it to mbox, for example with mutt"],
  ["\x1f\x8b", "it is compressed by gzip: unpack it with gunzip"],
  ["BZh", "it is compressed by bzip2: unpack it with bunzip2"],
  ["\xfd7zXZ", "it is compressed by xz: unpack it with unxz"],
  ["\x28\xb5\x2f\xfd", "it is compressed by zstd: unpack it with unzstd"],
  ["PK\x03\x04", "it is a ZIP archive: unpack it with unzip"],
  ["7z\xbc\xaf", "it is a 7z archive: unpack it"],
  ["BABYL OPTIONS", "it is Babyl, of Emacs Rmail: convert it with Emacs' unrmail"],
  ["!BDN", "it is an Outlook data file (PST): convert it with readpst"],
  ["\xcf\xad\x12\xfe", "it is an Outlook Express folder (DBX): convert it with undbx"],
  ["SQLite format 3", "it is a database"],
  ["%PDF", "it is a PDF document"],
  ["\xff\xfe", "it is text in UTF-16: convert it to the encoding that it was exported from"],
  ["\xfe\xff", "it is text in UTF-16: convert it to the encoding that it was exported from"],
];

/** The file is no mbox, and must not be served. */
export class NoMboxError extends Error {
  override readonly name = "NoMboxError";

  constructor(path: string, text: string) {
    super(`${path} is no mbox: ${text}`);
  }
}

/** @throws {NoMboxError} when the file is known to be something else */
export function assertMayBeMbox(file: OpenFile, path: string): void {
  const octets = new Uint8Array(HEAD_OCTETS);
  const head = String.fromCharCode(...octets.subarray(0, file.readNow(octets, 0)));
  for (const [beginning, text] of KINDS) {
    if (head.startsWith(beginning)) throw new NoMboxError(path, text);
  }
}

/** The error for a file that holds octets and no message. */
export function plainTextError(path: string): NoMboxError {
  return new NoMboxError(
    path,
    "no line in it separates messages (From SENDER DATE), and it does not begin with the header of a mail",
  );
}

/** The error for a folder, or something else that is no file. */
export function noFileError(path: string): NoMboxError {
  const mbox = join(path, "mbox");
  const isAppleMail = lookAtGiven(mbox)?.info.isFile === true;
  return new NoMboxError(
    path,
    isAppleMail ? `it is a folder of Apple Mail: give ${mbox}` : "it is not a file",
  );
}
