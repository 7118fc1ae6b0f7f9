/**
 * Opens a file that somebody else may have put there: a message, an mbox, a file that an option names.
 *
 * - `O_NONBLOCK` keeps a FIFO from blocking us. We never open asynchronously: 32 opens that wait for FIFOs would stop
 *   all asynchronous file work of the process.
 * - We accept only a regular file, and no link: after opening, the name must still mean the opened file. `O_NOFOLLOW`
 *   alone does not ensure that, since Deno follows the link first under any permission less than `--allow-all`.
 * - Where nobody else can change what the name means, we do not compare the opened file, which is the expensive part.
 * - Where the caller knows the file from a list, which has no links, it is enough that the opened file is that one.
 *
 * A small file is read synchronously: an asynchronous read costs ten times as much.
 */
import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import {
  type FileIdentity,
  type FileTimes,
  identityOf,
  isSameFile,
  isSameInode,
} from "./file_identity.ts";
import { lookAtGiven } from "./given_path.ts";
import { nullIfGone } from "./null_if_gone.ts";

/** A regular file that is open for reading. */
export interface OpenFile extends Disposable {
  /** The file as it was when it was opened. */
  readonly info: FileTimes;
  /** Reads at an offset, and returns the number of octets; 0 only at the end. */
  readNow(into: Uint8Array, at: number): number;
  /** Reads at an offset, on another thread. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** The identity of the open file now, even if its name means another file by then. */
  identityNow(): FileIdentity;
}

/**
 * Opens a regular file for reading; null when there is none of this name.
 *
 * @param isExposed whether others can change what the name means
 * @param known the identity that the file must have, where the caller knows it
 */
export function openRegularFile(
  path: string,
  isExposed: boolean,
  known?: FileIdentity,
): OpenFile | null {
  return opened(path, FLAGS | NO_LINK, (fd) => {
    if (isExposed && known !== undefined) {
      const info = factsOf(fd);
      return isSameFile(identityOf(info), known) ? info : null;
    }
    const info = nullIfGone(() => Deno.lstatSync(path));
    return info !== null && (!isExposed || isSameInode(factsOf(fd), info)) ? info : null;
  });
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
  });
}

/** Opens a file, and keeps it open only if `look` says that it is a regular file. */
function opened(
  path: string,
  flags: number,
  look: (fd: number) => FileTimes | null,
): OpenFile | null {
  const fd = openOrNull(path, flags);
  if (fd === null) return null;
  try {
    const info = look(fd);
    if (info?.isFile === true) return new RegularFile(fd, info);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return null;
}

/** Asks the system about the open file itself, not about its name, which somebody could change. */
function factsOf(fd: number): FileTimes {
  hasDescriptorPaths ??= isSeenInProc(fd);
  return hasDescriptorPaths ? Deno.statSync(descriptorPath(fd)) : slowFactsOf(fd);
}

/** Whether the descriptor has a path that we may look at: on Linux, with all permissions of Deno. */
let hasDescriptorPaths: boolean | null = null;

const descriptorPath = (fd: number) => `/proc/self/fd/${fd}`;

function isSeenInProc(fd: number): boolean {
  try {
    return isSameInode(Deno.statSync(descriptorPath(fd)), slowFactsOf(fd));
  } catch {
    return false;
  }
}

/** Takes five times as long: `node:fs` makes a `Date` of each time. */
function slowFactsOf(fd: number): FileTimes {
  const stats = fstatSync(fd);
  const { dev, ino, size, mtime, ctime, uid } = stats;
  return { isFile: stats.isFile(), dev, ino, size, mtime, ctime, uid };
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
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (typeof code === "string" && NO_REGULAR_FILE.includes(code)) return null;
    if (code === "EACCES" || code === "EPERM") {
      throw new Deno.errors.PermissionDenied(`open ${path}: permission denied`, { cause: error });
    }
    throw error;
  }
}

class RegularFile implements OpenFile {
  readonly info: FileTimes;
  readonly #fd: number;
  #isOpen = true;

  constructor(fd: number, info: FileTimes) {
    this.#fd = fd;
    this.info = info;
  }

  readNow(into: Uint8Array, at: number): number {
    return readSync(this.#fd, into, 0, into.length, at);
  }

  read(into: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(
        this.#fd,
        into,
        0,
        into.length,
        at,
        (error, count) => error ? reject(error) : resolve(count),
      );
    });
  }

  identityNow(): FileIdentity {
    return identityOf(factsOf(this.#fd));
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }
}
