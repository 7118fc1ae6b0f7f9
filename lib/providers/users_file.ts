/**
 * Parses a users file: lines of Dovecot's passwd-file, `name:password:uid:gid:gecos:home:shell:extra`, or of Apache's
 * htpasswd, which are its first two fields.
 *
 * - A bad line locks out only its own user, and is reported by its number. The report repeats nothing of the line, since
 *   a line holds secrets.
 * - Names that compare as equal (prepared_text.ts) are one user: the second line is bad. The folder of a mailbox is
 *   named as in the line.
 * - A name must be usable as the name of a folder: no `/`, no NUL, not `..`, so that no name leads out of the folder of
 *   mailboxes.
 * - A name must not look like a lock or like the server's files beside an mbox: otherwise the mailbox of one user would
 *   be mistaken for a lock on another mailbox.
 * - A line with a Dovecot field that we do not know, such as `allow_nets`, is bad, since we cannot obey it. Fields that
 *   begin with `userdb_` are for other programs and are ignored, except `userdb_mail`.
 */
import { isAbsolute, join } from "@std/path";
import { linesOf } from "../files/given_text.ts";
import type { MailboxFormat } from "../mailbox/open_mailbox.ts";
import { parsePasswordHash } from "../auth/passwords/parse_password_hash.ts";
import type { PasswordHash } from "../auth/passwords/password_hash.ts";

/** A mailbox that a line names. */
export interface NamedMailbox {
  readonly path: string;
  /** Null where the server finds out the format from what is there. */
  readonly format: MailboxFormat | null;
}

/** One user of the file. */
export interface UserEntry {
  readonly name: string;
  readonly hash: PasswordHash;
  /** The uid field; null where it holds no number. */
  readonly uid: number | null;
  readonly home: string | null;
  readonly mailbox: NamedMailbox | null;
}

/** A line that cannot be used. */
export interface BadLine {
  /** From 1. */
  readonly line: number;
  /** What is wrong with it; repeats nothing of what the line holds. */
  readonly reason: string;
}

/** The users of a users file, and its bad lines. */
export interface UsersFile {
  /** By the keys by which names are compared. */
  readonly users: ReadonlyMap<string, UserEntry>;
  readonly badLines: readonly BadLine[];
}

/**
 * Parses a users file. Never throws: a line that cannot be used is among the bad lines.
 *
 * @param keyOf gives the key by which a name is compared
 */
export function parseUsersFile(
  text: string,
  keyOf: (name: string) => string = (name) => name,
): UsersFile {
  const users = new Map<string, UserEntry>();
  const badLines: BadLine[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    try {
      const user = parseLine(line);
      const key = keyOf(user.name);
      const other = users.get(key);
      if (other?.name === user.name) throw new SyntaxError("its user has a line above");
      if (other !== undefined) {
        throw new SyntaxError("its name counts as equal to that of a line above");
      }
      users.set(key, user);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      badLines.push({ line: index + 1, reason: error.message });
    }
  }
  return { users, badLines };
}

function parseLine(line: string): UserEntry {
  const [name = "", password, uid = "", _gid, _gecos, home = "", _shell, ...rest] = line.split(":");
  if (password === undefined) throw new SyntaxError("there is no colon after its name");
  if (!canNameFolder(name)) throw new SyntaxError("its name cannot be the name of a folder");
  if (home !== "" && !isAbsolute(home)) throw new SyntaxError("its home is not an absolute path");
  const mailbox = parseExtra(rest.join(":"), home);
  if (mailbox === null && RESERVED_NAME.test(name)) {
    throw new SyntaxError("its name is reserved for a lock, or for a file of the server's");
  }
  return {
    name,
    hash: parsePasswordHash(password),
    uid: /^\d+$/.test(uid) ? Number(uid) : null,
    home: home === "" ? null : home,
    mailbox,
  };
}

/** `ann.lock` locks the mbox of ann; the server uses the other names, or has used them, for files beside an mbox. */
const RESERVED_NAME = /\.lock$|\.pop3svc-(?:new|old)$|^\.pop3svc(?:-\w+)?$/;

/** Whether the name can be joined to the path of a folder without leading out of it. */
function canNameFolder(name: string): boolean {
  // deno-lint-ignore no-control-regex -- the name must not hold NUL or another control character
  return !/^\.{0,2}$|[/\\\x00-\x1f\x7f]/.test(name) && name.length <= 255;
}

function parseExtra(extra: string, home: string): NamedMailbox | null {
  let mailbox: NamedMailbox | null = null;
  for (const field of extra.split(/\s+/)) {
    if (field.startsWith("userdb_mail=")) {
      mailbox = parseMailLocation(field.slice("userdb_mail=".length), home);
    } else if (field !== "" && !field.startsWith("userdb_")) {
      throw new SyntaxError("it has a field that the server does not know and cannot obey");
    }
  }
  return mailbox;
}

/** `maildir:~/Maildir`, `mbox:/var/mail/me`; what follows another colon concerns Dovecot's own files. */
function parseMailLocation(location: string, home: string): NamedMailbox {
  const [, format = "", path = ""] = /^(?:(folder|maildir|mbox):)?([^:]+)/.exec(location) ?? [];
  const full = path.startsWith("~/") && home !== "" ? join(home, path.slice(2)) : path;
  if (!isAbsolute(full)) throw new SyntaxError("its userdb_mail is not an absolute path");
  return {
    path: full,
    format: format === "folder" || format === "maildir" || format === "mbox" ? format : null,
  };
}
