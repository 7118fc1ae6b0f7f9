/**
 * Looks at a path that the administrator gave: a mailbox, a home, an mbox, a users file, a certificate.
 *
 * Such a path may lead through symbolic links, which certbot and Kubernetes switch. So we look at it at each use, and
 * open it by the given name. But a stranger may have made a link on the way. So we follow a link only if it belongs to
 * root, to the user of this process, or to the owner of its target. Windows has no owners: there we follow all links.
 *
 * A folder on the way that this process may not look at counts as an ordinary folder.
 */
import { join, resolve } from "@std/path";
import { nullIfGone } from "./null_if_gone.ts";
import { isOfServer, isPrivateFolder, keepsNames } from "./server_user.ts";

/** What a path that the administrator gave leads to. */
export interface GivenPath {
  /** About the target itself. */
  readonly info: Deno.FileInfo;
  /** The path without links. */
  readonly realPath: string;
  /**
   * Whether anybody but root and the user of this process can replace the target, or, if it is a folder, what is in it.
   */
  readonly isExposed: boolean;
  /** Whether somebody else can make names in the folder that holds the target. */
  readonly isShared: boolean;
  /**
   * The last folder on the way that is on the target's file system, and in which only root and the server's user can
   * make, rename or remove names. The same holds for all folders above it. Null where there is none.
   */
  readonly guardedParent: string | null;
  /** The owner of a folder on the way, if it is neither root nor the server's user; null where there is none. */
  readonly stranger: number | null;
}

/** A link on the way belongs to a user who may not lead us to its target. */
export class ForeignLinkError extends Error {
  override readonly name = "ForeignLinkError";

  constructor(link: string, owner: number | null, target: number | null) {
    super(
      `${link} is a symbolic link of user ${owner} to something of user ${target}: it is not followed`,
    );
  }
}

/** As many links as Linux follows. */
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
  /** Links of other users than root and the server's user: these must belong to the owner of the target. */
  const foreignLinks: { readonly path: string; readonly uid: number | null }[] = [];
  let seen = "/";
  let info = look(seen);
  let guarded: Guarded[] = [];
  /** Whether somebody else can replace a folder of this real path. */
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
    // In a sticky folder, users can still replace their own files.
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
  // We compare with what this walk reached: until another look, somebody could replace a link.
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

/** A folder on the way in which, and above which, only root and the server's user can change names. */
interface Guarded {
  readonly path: string;
  readonly dev: number;
}

const partsOf = (path: string) => path.split("/").filter((part) => part !== "");

/** Null where nothing is there, or this process may not look. */
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
