/**
 * Looks at a path that the administrator gave: a mailbox, a home, an mbox, a users file, a certificate.
 *
 * Such a path may lead through symbolic links, as certbot and Kubernetes switch them. So it is looked at whenever it is
 * used, and opened by the name that was given. But somebody else may have made a link on the way: one is followed
 * only if it belongs to root, to the user of this process, or to the owner of what it leads to. Windows has no owners, and
 * there all links are followed.
 *
 * A folder above that this process may not look at is taken to be what it seems to be.
 */
import { join, resolve } from "@std/path";
import { nullIfGone } from "./null_if_gone.ts";
import { isOfServer, isPrivateFolder, keepsNames } from "./server_user.ts";

/** What is there. */
export interface GivenPath {
  /** Of what the path leads to. */
  readonly info: Deno.FileInfo;
  /** The path without links. */
  readonly realPath: string;
  /**
   * Whether somebody other than the user of this process, or root, can put something else in the place of what is
   * there, or of what is in it where it is a folder.
   */
  readonly isExposed: boolean;
  /** Whether somebody else can make names in the folder that it lies in. */
  readonly isShared: boolean;
  /**
   * The last folder on the way, of the same file system, in which nobody but root and the server's user can make, rename or
   * remove anything, and above which they cannot either; null where there is none.
   */
  readonly guardedParent: string | null;
  /** A user who owns a folder on the way, and is neither root nor the server's user; null where there is none. */
  readonly stranger: number | null;
}

/** A link on the way belongs to somebody whom it should not lead there. */
export class ForeignLinkError extends Error {
  override readonly name = "ForeignLinkError";

  constructor(link: string, owner: number | null, target: number | null) {
    super(
      `${link} is a symbolic link of user ${owner}, and leads to something of user ${target}: it is not followed`,
    );
  }
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * Null when nothing is there.
 *
 * @throws {ForeignLinkError} when a link on the way must not be followed
 */
export function lookAtGiven(path: string): GivenPath | null {
  if (Deno.build.os === "windows") {
    const info = nullIfGone(() => Deno.statSync(path));
    return info === null ? null : {
      info,
      realPath: Deno.realPathSync(path),
      isExposed: false,
      isShared: false,
      guardedParent: null,
      stranger: null,
    };
  }
  let links = 0;
  let isExposed = false;
  let isShared = false;
  /** Links of somebody who is neither root nor the server's user; what they lead to decides. */
  const foreignLinks: { readonly path: string; readonly uid: number | null }[] = [];
  let seen = "/";
  let info = look(seen);
  let guarded: Guarded[] = [];
  /** Whether somebody else can exchange a folder of this real path. */
  let isOpen = false;
  let stranger: number | null = null;
  for (let parts = partsOf(resolve(path)); parts.length > 0;) {
    const [name = "", ...rest] = parts;
    const next = join(seen, name);
    const folder = info;
    info = look(next);
    isShared = folder !== null && !isPrivateFolder(folder);
    if (folder !== null && !isOfServer(folder)) stranger ??= folder.uid;
    if (folder !== null && !isShared && !isOpen) guarded.push({ path: seen, dev: folder.dev });
    // In a sticky folder everybody can still replace what is their own.
    if (isShared && !(folder !== null && keepsNames(folder) && info !== null && isOfServer(info))) {
      isExposed = true;
      isOpen = true;
    }
    if (info?.isSymlink === true) {
      if (++links > MOST_LINKS) throw new Deno.errors.FilesystemLoop(`${path}: too many links`);
      if (!isOfServer(info)) foreignLinks.push({ path: next, uid: info.uid });
      parts = [...partsOf(resolve(seen, Deno.readLinkSync(next))), ...rest];
      seen = "/";
      info = look(seen);
      guarded = [];
      isOpen = false;
    } else {
      if (info === null && rest.length === 0) return null;
      seen = next;
      parts = rest;
    }
  }
  if (info === null) return null;
  // Held against what this walk has reached, and not against another look, between which a link may be exchanged.
  for (const link of foreignLinks) {
    if (link.uid !== info.uid) throw new ForeignLinkError(link.path, link.uid, info.uid);
  }
  const { dev } = info;
  return {
    info,
    realPath: seen,
    isShared,
    isExposed: isExposed || info.isDirectory && !isPrivateFolder(info),
    guardedParent: guarded.findLast((folder) => folder.dev === dev)?.path ?? null,
    stranger,
  };
}

/** A folder on the way of which, and above which, only root and the server's user can change anything. */
interface Guarded {
  readonly path: string;
  readonly dev: number;
}

const partsOf = (path: string) => path.split("/").filter((part) => part !== "");

/** Null where nothing is there, and above what this process may look at. */
function look(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    if (error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
}
