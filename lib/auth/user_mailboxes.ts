/**
 * Where the mail of a user is, and the mailboxes that are open.
 *
 * - What the line of the user names (`userdb_mail`); else the name below the folder of mailboxes; else the home,
 *   or the Maildir in it.
 * - A mailbox that is not there yet is empty: the first mail will make it. But the folder of mailboxes must be
 *   there, so that a disk that is not mounted does not look as if all mail were gone.
 * - Nothing below the folder of mailboxes may lead out of it, not by a symbolic link either.
 */
import { join, SEPARATOR } from "@std/path";
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox.ts";
import { nullIfGone } from "../files/null_if_gone.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import { MemoryMailbox } from "../mailbox/memory_mailbox.ts";
import { openMailbox, seenFormat } from "../mailbox/open_mailbox.ts";
import { Pop3ResponseError } from "../mailbox/response_error.ts";
import type { NamedMailbox, UserEntry } from "./users_file.ts";

/** Each remembers its snapshot; more are opened anew. */
const MOST_OPEN = 256;

export class UserMailboxes {
  readonly #mailRoot: string | null;
  readonly #options: FileMailboxOptions;
  /** By path and format; the one that was asked for longest ago first. */
  readonly #open = new Map<string, Mailbox>();

  constructor(mailRoot: string | null, options: FileMailboxOptions) {
    this.#mailRoot = mailRoot;
    this.#options = options;
  }

  /** Is there a place for this user's mail, whether or not something is there? */
  hasPlaceFor({ mailbox, home }: UserEntry): boolean {
    return mailbox !== null || this.#mailRoot !== null || home !== null;
  }

  /** @throws {Pop3ResponseError} `[SYS/PERM]` when the user's mailbox is where it must not be, or nowhere */
  async open(user: UserEntry): Promise<Mailbox> {
    const { path, format } = this.#placeOf(user);
    const seen = exists(path) ? format ?? seenFormat(path) : null;
    if (seen === null) return new MemoryMailbox({}, { name: user.name });
    const key = `${seen}:${path}`;
    const mailbox = this.#open.get(key) ?? await openMailbox(path, seen, this.#options);
    this.#open.delete(key);
    this.#open.set(key, mailbox);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MOST_OPEN) break;
      this.#open.delete(oldest);
    }
    return mailbox;
  }

  #placeOf({ name, mailbox, home }: UserEntry): NamedMailbox {
    if (mailbox !== null) return mailbox;
    if (this.#mailRoot !== null) return { path: below(this.#mailRoot, name), format: null };
    if (home === null) {
      throw new Pop3ResponseError("There is no mailbox for you.", { code: "SYS/PERM" });
    }
    const maildir = join(home, "Maildir");
    return { path: exists(maildir) ? maildir : home, format: null };
  }
}

/** The path of a name below a folder, with every symbolic link followed. */
function below(folder: string, name: string): string {
  const root = Deno.realPathSync(folder);
  const path = join(root, name);
  const real = realPathIfThere(path);
  if (real === null) return path;
  if (real.startsWith(root.endsWith(SEPARATOR) ? root : root + SEPARATOR)) return real;
  throw new Pop3ResponseError("Your mailbox cannot be opened.", {
    code: "SYS/PERM",
    cause: new Error(`${path} leads out of ${root}`),
  });
}

function realPathIfThere(path: string): string | null {
  return nullIfGone(() => Deno.realPathSync(path));
}

function exists(path: string): boolean {
  return nullIfGone(() => Deno.statSync(path)) !== null;
}
