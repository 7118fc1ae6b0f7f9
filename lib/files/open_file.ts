/**
 * Opens a file that somebody else may have put there: a message, an mbox, a file that an option names.
 *
 * - `O_NONBLOCK` keeps a FIFO from blocking us, also on a slow disk, where we open asynchronously (slow_disks.ts).
 * - We accept only a regular file, and no link: after opening, the name must still mean the opened file. `O_NOFOLLOW`
 *   alone does not ensure that, since Deno follows the link first under any permission less than `--allow-all`.
 * - Where nobody else can change what the name means, we do not compare the opened file, which is the expensive part.
 * - Where the caller knows the file from a list, which has no links, it is enough that the opened file is that one.
 *
 * A small file is read synchronously: an asynchronous read costs ten times as much.
 */
import { closeSync, constants, open, openSync } from "node:fs";
import { promisify } from "node:util";
import type { Awaitable } from "../protocol/reply.ts";
import {
  type FileIdentity,
  type FileTimes,
  identityOf,
  isSameFile,
  isSameInode,
} from "./file_identity.ts";
import { factsLater, factsOf, type OpenFile, RegularFile } from "./regular_file.ts";
import { lookAtGiven } from "./given_path.ts";
import { nullIfGone, nullIfNotFound } from "./null_if_gone.ts";
import { type SlowDisks, slowDisks } from "./slow_disks.ts";

/**
 * Opens a regular file for reading; null when there is none of this name. A promise where its disk is slow.
 *
 * @param isExposed whether others can change what the name means
 * @param known the identity that the file must have, where the caller knows it
 * @param disks for tests
 */
export function openRegularFile(
  path: string,
  isExposed: boolean,
  known?: FileIdentity,
  disks: SlowDisks = slowDisks,
): Awaitable<OpenFile | null> {
  return disks.call(
    path,
    () => openNow(path, isExposed, known, disks),
    () => openLater(path, isExposed, known, disks),
    (late) => late?.[Symbol.dispose](),
  );
}

/** The same; it always waits for the disk. */
export function openNow(
  path: string,
  isExposed: boolean,
  known?: FileIdentity,
  disks: SlowDisks = slowDisks,
): OpenFile | null {
  return opened(path, FLAGS | NO_LINK, (fd) => {
    if (isExposed && known !== undefined) {
      const info = factsOf(fd);
      return isSameFile(identityOf(info), known) ? info : null;
    }
    const info = nullIfGone(() => Deno.lstatSync(path));
    return info !== null && (!isExposed || isSameInode(factsOf(fd), info)) ? info : null;
  }, disks);
}

/** Does what `openNow` does, on other threads. */
async function openLater(
  path: string,
  isExposed: boolean,
  known: FileIdentity | undefined,
  disks: SlowDisks,
): Promise<OpenFile | null> {
  const fd = await promisify(open)(path, FLAGS | NO_LINK).catch(nullIfIrregular(path));
  if (typeof fd !== "number") return null;
  try {
    const info = isExposed ? await factsLater(fd) : null;
    const named = isExposed && known !== undefined
      ? null
      : await Deno.lstat(path).catch(nullIfNotFound);
    const isRight = info === null
      ? true
      : known !== undefined
      ? isSameFile(identityOf(info), known)
      : named !== null && isSameInode(info, named);
    const facts = named ?? info;
    if (isRight && facts?.isFile === true) return new RegularFile(path, fd, facts, disks);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return null;
}

/**
 * Opens a file by a path that the administrator gave, also through links (given_path.ts); null when there is no
 * regular file. It is opened by the given name, since Deno's permissions are for that name.
 *
 * @throws {ForeignLinkError} when a link on the way must not be followed
 */
export function openGivenFile(path: string): OpenFile | null {
  return opened(path, FLAGS, (fd) => {
    const given = lookAtGiven(path);
    if (given === null || given.isExposed && !isSameInode(factsOf(fd), given.info)) return null;
    return given.info;
  }, slowDisks);
}

/** Opens a file, and keeps it open only if `look` says that it is a regular file. */
function opened(
  path: string,
  flags: number,
  look: (fd: number) => FileTimes | null,
  disks: SlowDisks,
): OpenFile | null {
  const fd = openOrNull(path, flags);
  if (fd === null) return null;
  try {
    const info = look(fd);
    if (info?.isFile === true) return new RegularFile(path, fd, info, disks);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return null;
}

// Windows has neither flag.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const NO_LINK = constants.O_NOFOLLOW ?? 0;

/** ENXIO: a socket, or the other end of a FIFO; ELOOP: a link. */
const NO_REGULAR_FILE = ["ENOENT", "ENOTDIR", "ENXIO", "ELOOP"];

function openOrNull(path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch (error) {
    return nullIfIrregular(path)(error);
  }
}

function nullIfIrregular(path: string): (error: unknown) => null {
  return (error) => {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (typeof code === "string" && NO_REGULAR_FILE.includes(code)) return null;
    if (code === "EACCES" || code === "EPERM") {
      throw new Deno.errors.PermissionDenied(`open ${path}: permission denied`, { cause: error });
    }
    throw error;
  };
}
