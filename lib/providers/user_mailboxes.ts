/**
 * Finds the mailboxes of users, and keeps their stores open.
 *
 * - The mailbox is the path of `userdb_mail`, if the line has it. Otherwise it is the first of these that exists: the
 *   Maildir in the user's home; the home itself, if it is a Maildir; the user's mailbox below the folder of mailboxes.
 *   Any other home is never served: an ordinary client that keeps nothing on the server would empty it.
 * - A mailbox that does not exist yet is empty: the first mail will make it. But the folder of mailboxes must exist, so
 *   that a disk that is not mounted does not look as if all mail were gone.
 * - The administrator gave all of these paths. We follow a link on the way only if it belongs to root, to the server's
 *   user, or to the owner of its target (given_path.ts).
 */
import { isAbsolute, join, relative, resolve } from "@std/path";
import { type GivenPath, lookAtMailbox } from "../files/given_path.ts";
import { serverUid } from "../files/server_user.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox_options.ts";
import { LateMailbox } from "../mailbox/late_mailbox.ts";
import { MemoryMailbox } from "../mailbox/memory_mailbox.ts";
import type { Inspection } from "../mailbox/inspection.ts";
import type { MailboxStore } from "../mailbox/mailbox_store.ts";
import { isMaildir, type MailboxFormat, openStore, seenFormat } from "../mailbox/open_mailbox.ts";
import { SeenFormats } from "../mailbox/seen_formats.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import type { NamedMailbox } from "./mail_location.ts";
import type { UserEntry } from "./users_file.ts";

/** A mailbox whose kind is known. */
export interface MailboxPlace {
  readonly path: string;
  readonly format: MailboxFormat;
}

/** How many stores stay open, each with its snapshot. Any other store is opened again when it is needed. */
const MOST_OPEN = 256;

export class UserMailboxes {
  readonly #mailRoot: string | null;
  readonly #options: FileMailboxOptions;
  /** The open stores by format, uid and path, the least recently used one first. */
  readonly #open = new BoundedMap<MailboxStore>(MOST_OPEN);
  readonly #formats = new SeenFormats();

  constructor(mailRoot: string | null, options: FileMailboxOptions) {
    this.#mailRoot = mailRoot;
    // Users may write in their own mailboxes, and must not reach the mailboxes of others in this way.
    this.#options = { ...options, ownersOnly: true };
  }

  /** Whether a path for this user's mail is known, even if nothing is there. */
  hasPlaceFor({ mailbox, home, rootPath }: UserEntry): boolean {
    return mailbox !== null || home !== null || rootPath !== null;
  }

  /**
   * The mailbox of a login. It is looked for when its list is asked for, which fails with `[SYS/PERM]` when a link to it
   * must not be followed, or no path is known.
   */
  open(user: UserEntry, info: ConnectionInfo): Mailbox {
    const expected = this.expectedPath(user);
    const name = expected === null ? user.name : resolve(expected);
    return new LateMailbox(name, (isForList) => this.#find(user, info, isForList));
  }

  /** @param isForList whether its list is asked for at once; then the mailbox need not look at its path again */
  async #find(user: UserEntry, info: ConnectionInfo, isForList: boolean): Promise<Mailbox> {
    const startedAt = Date.now();
    const seen = await this.#placeOf(user);
    if (seen === null) return new MemoryMailbox({}, { name: user.name });
    const { path, given, isOld = false } = seen;
    const known = seen.format ?? this.#formats.known(path, given);
    const format = known ?? await this.#formats.of(path, given, startedAt);
    const key = `${format}:${user.uid}:${path}`;
    const open = this.#open.get(key);
    const store = open ?? await this.#storeAt({ path, format }, user);
    this.#open.set(key, store);
    return store.open(
      info,
      isForList && !isOld && known !== null && open !== undefined ? given : null,
    );
  }

  /** Where the user's mail is or will be; null where no path is known. */
  expectedPath({ mailbox, home, rootPath }: UserEntry): string | null {
    return mailbox?.path ?? rootPath ?? (home === null ? null : join(home, "Maildir"));
  }

  /**
   * The path below the folder of mailboxes at which there is mail, too, although the home is served; null where there
   * is none.
   */
  async otherMailOf(user: UserEntry): Promise<string | null> {
    const { mailbox, home, rootPath } = user;
    if (mailbox !== null || rootPath === null || await placeInHome(home) === null) return null;
    const given = await lookAt(rootPath);
    if (given === null) return null;
    const place = { path: rootPath, format: await seenFormat(rootPath, given) };
    const { messages } = await (await this.#storeAt(place, user)).inspect(() => {});
    return messages > 0 ? rootPath : null;
  }

  /**
   * What is left out of a user's mailbox, and which command would change that.
   *
   * @throws the reason why the mailbox cannot be opened
   */
  async leftOut(user: UserEntry): Promise<readonly string[]> {
    const place = await this.placeOf(user);
    return place === null ? [] : (await (await this.#storeAt(place, user)).count()).leftOut;
  }

  /**
   * What is in a user's mailbox, for the administrator; null where nothing is there yet. Reads every message.
   *
   * @throws the reason why the mailbox cannot be opened
   */
  async inspect(user: UserEntry): Promise<Inspection | null> {
    const place = await this.placeOf(user);
    return place === null ? null : await (await this.#storeAt(place, user)).inspect(() => {});
  }

  /** Whether a mailbox is there, and belongs to another user than the server's own. */
  async isOfOthers(user: UserEntry): Promise<boolean> {
    try {
      const owner = (await this.#placeOf(user))?.given.info.uid ?? null;
      return owner !== null && owner !== serverUid();
    } catch {
      // The user's login reports what is wrong.
      return false;
    }
  }

  /**
   * Where a user's mail is, and in which format; null where nothing is there yet.
   *
   * @throws the reason why the mailbox cannot be opened
   */
  async placeOf(user: UserEntry): Promise<MailboxPlace | null> {
    const startedAt = Date.now();
    const place = await this.#placeOf(user);
    if (place === null) return null;
    const { path, format, given } = place;
    return { path, format: format ?? await this.#formats.of(path, given, startedAt) };
  }

  /** The path alone, for a mailbox whose format this process may not find out; null where nothing is there yet. */
  async pathOf(user: UserEntry): Promise<string | null> {
    return (await this.#placeOf(user))?.path ?? null;
  }

  async #storeAt({ path, format }: MailboxPlace, { uid }: UserEntry): Promise<MailboxStore> {
    return await openStore(path, format, { ...this.#options, uid });
  }

  async #placeOf(user: UserEntry): Promise<SeenMailbox | null> {
    const { mailbox, home, rootPath } = user;
    if (mailbox === null && home === null && rootPath === null) {
      throw new Pop3ResponseError("There is no mailbox for you.", { code: "SYS/PERM" });
    }
    const place = mailbox === null
      ? await placeInHome(home) ?? await placeAt(rootPath)
      : await namedPlace(mailbox);
    if (place === null) await this.#lookForRootOf(mailbox?.path ?? rootPath);
    return place;
  }

  /** @throws {Deno.errors.NotFound} when the path is below the folder of mailboxes, which is not there */
  async #lookForRootOf(path: string | null): Promise<void> {
    const root = this.#mailRoot;
    if (path === null || root === null || !isBelow(root, path)) return;
    if (await lookAt(root) !== null) return;
    throw new Deno.errors.NotFound(`${root}: the folder of mailboxes is not there`);
  }
}

function isBelow(folder: string, path: string): boolean {
  const below = relative(resolve(folder), resolve(path));
  return !/^\.\.([/\\]|$)/.test(below) && !isAbsolute(below);
}

/** A mailbox that is there. */
interface SeenMailbox extends NamedMailbox {
  readonly given: GivenPath;
  /** Whether other looks came after the one at its path. */
  readonly isOld?: boolean;
}

/** Where an mbox location is a folder, INBOX is the file `inbox` in it, as Dovecot has it. */
async function namedPlace({ path, format }: NamedMailbox): Promise<SeenMailbox | null> {
  const inbox = join(path, "inbox");
  const inside = format === "mbox" ? await lookAt(inbox) : null;
  if (inside !== null) return { path: inbox, format, given: inside };
  const given = await lookAt(path);
  return given === null ? null : { path, format, given };
}

async function placeAt(path: string | null): Promise<SeenMailbox | null> {
  const given = path === null ? null : await lookAt(path);
  return path === null || given === null ? null : { path, format: null, given };
}

async function placeInHome(home: string | null): Promise<SeenMailbox | null> {
  if (home === null) return null;
  const path = join(home, "Maildir");
  const maildir = await lookAt(path);
  if (maildir !== null) return { path, format: null, given: maildir };
  const given = await lookAt(home);
  if (given === null || !await isMaildir(home)) return null;
  // By now, what was seen at its path may be old.
  return { path: home, format: "maildir", given, isOld: true };
}

/** What is at a path; null where nothing is. */
async function lookAt(path: string): Promise<GivenPath | null> {
  try {
    return await lookAtMailbox(path);
  } catch (cause) {
    throw new Pop3ResponseError("Your mailbox cannot be opened.", { code: "SYS/PERM", cause });
  }
}
