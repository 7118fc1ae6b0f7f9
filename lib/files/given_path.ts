/**
 * Looks at a path that the administrator gave: a mailbox, a home, an mbox, a users file, a certificate.
 *
 * Such a path may lead through symbolic links, which certbot and Kubernetes switch. So we look at it at each use, and
 * open it by the given name. But a stranger may have made a link on the way. So we follow a link only if it belongs to
 * root, to the user of this process, or to the owner of its target. Windows has no owners: there we follow all links.
 *
 * A folder on the way that this process may not look at counts as an ordinary folder.
 *
 * A login looks asynchronously from the folder on whose disk is slow (slow_disks.ts). Other callers always wait.
 */
import { resolve } from "@std/path";
import type { Awaitable } from "../protocol/reply.ts";
import { nullIfGone } from "./null_if_gone.ts";
import { type SlowDisks, slowDisks } from "./slow_disks.ts";
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
  if (Deno.build.os === "windows") return lookOnWindows(path);
  const walk = walkTo(resolve(path));
  for (let step = walk.next(null);;) {
    if (step.done === true) return step.value;
    step = walk.next(answerNow(step.value));
  }
}

/**
 * The same for a login: a promise where a disk on the way is slow.
 *
 * @param disks for tests
 */
export function lookAtMailbox(
  path: string,
  disks: SlowDisks = slowDisks,
): Awaitable<GivenPath | null> {
  if (Deno.build.os === "windows") return lookOnWindows(path);
  disks.lookForMounts();
  const full = resolve(path);
  const walk = walkTo(full);
  const goOn = (answer: Answer): Awaitable<GivenPath | null> => {
    for (let step = walk.next(answer);;) {
      if (step.done === true) {
        if (step.value !== null) disks.isOn(full, step.value.info.dev);
        return step.value;
      }
      const question = step.value;
      const known = disks.devAt(question.path);
      const expected = known ?? question.dev;
      const learn = (answer: Answer): Answer => {
        const dev = typeof answer === "string" ? undefined : answer?.dev;
        // A mount point, or what was one.
        if (dev !== undefined && dev !== expected) disks.isOn(question.path, dev);
        return answer;
      };
      const next = disks.callOn(expected, question, answerNow, answerLater);
      if (next instanceof Promise) return next.then(learn).then(goOn);
      step = walk.next(learn(next));
    }
  };
  return goOn(null);
}

function lookOnWindows(path: string): GivenPath | null {
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

/** What the walk asks about a name. */
interface Question {
  readonly asks: "info" | "target";
  readonly path: string;
  /** The disk of the folder that holds the name; undefined where it is not known. */
  readonly dev: number | undefined;
}

type Answer = Deno.FileInfo | string | null;

/** Walks to the path, which is absolute, and asks about each name on the way. */
function* walkTo(path: string): Generator<Question, GivenPath | null, Answer> {
  let links = 0;
  let isExposed = false;
  let isShared = false;
  /** Links of other users than root and the server's user: these must belong to the owner of the target. */
  const foreignLinks: { readonly path: string; readonly uid: number | null }[] = [];
  let seen = "/";
  let info = infoOf(yield { asks: "info", path: seen, dev: undefined });
  let guarded: Guarded[] = [];
  /** Whether somebody else can replace a folder of this real path. */
  let isOpen = false;
  let stranger: number | null = null;
  for (let parts = partsOf(path), at = 0; at < parts.length;) {
    const name = parts[at++] ?? "";
    const next = seen === "/" ? `/${name}` : `${seen}/${name}`;
    const folder = info;
    info = infoOf(yield { asks: "info", path: next, dev: folder?.dev });
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
      const target = yield { asks: "target", path: next, dev: folder?.dev };
      const led = partsOf(resolve(seen, typeof target === "string" ? target : ""));
      parts = [...led, ...parts.slice(at)];
      at = 0;
      seen = "/";
      info = infoOf(yield { asks: "info", path: seen, dev: undefined });
      guarded = [];
      isOpen = false;
    } else {
      if (info === null && at === parts.length) return null;
      seen = next;
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
function infoOf(answer: Answer): Deno.FileInfo | null {
  return typeof answer === "string" ? null : answer;
}

function answerNow({ asks, path }: Question): Answer {
  if (asks === "target") return Deno.readLinkSync(path);
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    return nullIfHidden(error);
  }
}

async function answerLater({ asks, path }: Question): Promise<Answer> {
  return asks === "target" ? await Deno.readLink(path) : await Deno.lstat(path).catch(nullIfHidden);
}

function nullIfHidden(error: unknown): null {
  if (
    error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.NotCapable
  ) return null;
  throw error;
}
