/**
 * A users file: lines of Dovecot's passwd-file, `name:password:uid:gid:gecos:home:shell:extra`, or of Apache's
 * htpasswd, which are its first two fields.
 *
 * - A bad line locks out its own user only, and is named by its number. What it holds is not repeated: it is a
 *   secret, or next to one.
 * - Names that are compared as one (prepared_text.ts) are one user: the second is a bad line. The folder of a mailbox
 *   is named as the line has it.
 * - A name can be the name of a folder: no `/`, no NUL, not `..`, so that none leads out of the folder of mailboxes.
 * - It is no name of a lock or of a file of ours beside an mbox: the mailbox of one user would be taken for a lock on that of another.
 * - What Dovecot would do with a field that is not known here, such as `allow_nets`, cannot be kept; the line is
 *   bad. Those that begin with `userdb_` are for other programs and are left alone, but for `userdb_mail`.
 */
import { isAbsolute, join } from "@std/path";
import { linesOf } from "../files/given_text.ts";
import type { MailboxFormat } from "../mailbox/open_mailbox.ts";
import { parsePasswordHash } from "../auth/passwords/parse_password_hash.ts";
import type { PasswordHash } from "../auth/passwords/password_hash.ts";

/** A mailbox that a line names itself. */
export interface NamedMailbox {
  readonly path: string;
  /** Null to see it from what is there. */
  readonly format: MailboxFormat | null;
}

/** One user of the file. */
export interface UserEntry {
  readonly name: string;
  readonly hash: PasswordHash;
  /** Null where the line has none. */
  readonly uid: number | null;
  readonly home: string | null;
  readonly mailbox: NamedMailbox | null;
}

/** A line that cannot be used. */
export interface BadLine {
  /** From 1. */
  readonly line: number;
  /** What is wrong with it; nothing of what it holds. */
  readonly reason: string;
}

/** What a users file says. */
export interface UsersFile {
  /** By what their names are compared by. */
  readonly users: ReadonlyMap<string, UserEntry>;
  readonly badLines: readonly BadLine[];
}

/**
 * Never throws: what cannot be used is among the bad lines.
 *
 * @param keyOf what a name is compared by
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
      if (other?.name === user.name) throw new SyntaxError("its user is there already");
      if (other !== undefined) {
        throw new SyntaxError("its name is compared as one with that of a line above");
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
  if (password === undefined) throw new SyntaxError("there is no colon behind its name");
  if (!canNameFolder(name)) throw new SyntaxError("its name cannot be the name of a folder");
  if (home !== "" && !isAbsolute(home)) throw new SyntaxError("its home is no absolute path");
  const mailbox = parseExtra(rest.join(":"), home);
  if (mailbox === null && RESERVED_NAME.test(name)) {
    throw new SyntaxError("its name is that of a lock, or of a file of the server's");
  }
  return {
    name,
    hash: parsePasswordHash(password),
    uid: /^\d+$/.test(uid) ? Number(uid) : null,
    home: home === "" ? null : home,
    mailbox,
  };
}

/** `ann.lock` locks the mbox of ann; the others are, or were, files of ours beside an mbox. */
const RESERVED_NAME = /\.lock$|\.pop3svc-(?:new|old)$|^\.pop3svc(?:-\w+)?$/;

/** Can it be joined to the path of a folder without leading out of it? */
function canNameFolder(name: string): boolean {
  // deno-lint-ignore no-control-regex -- NUL and its like are what must not be there
  return !/^\.{0,2}$|[/\\\x00-\x1f\x7f]/.test(name) && name.length <= 255;
}

function parseExtra(extra: string, home: string): NamedMailbox | null {
  let mailbox: NamedMailbox | null = null;
  for (const field of extra.split(/\s+/)) {
    if (field.startsWith("userdb_mail=")) {
      mailbox = parseMailLocation(field.slice("userdb_mail=".length), home);
    } else if (field !== "" && !field.startsWith("userdb_")) {
      throw new SyntaxError("it has a field that is not known here, and would be lost");
    }
  }
  return mailbox;
}

/** `maildir:~/Maildir`, `mbox:/var/mail/me`; what Dovecot has behind a further colon is for its own files. */
function parseMailLocation(location: string, home: string): NamedMailbox {
  const [, format = "", path = ""] = /^(?:(folder|maildir|mbox):)?([^:]+)/.exec(location) ?? [];
  const full = path.startsWith("~/") && home !== "" ? join(home, path.slice(2)) : path;
  if (!isAbsolute(full)) throw new SyntaxError("its userdb_mail is no absolute path");
  return {
    path: full,
    format: format === "folder" || format === "maildir" || format === "mbox" ? format : null,
  };
}
