/**
 * Parses a users file: lines of Dovecot's passwd-file, `name:password:uid:gid:gecos:home:shell:extra`, or of Apache's
 * htpasswd, which are its first two fields.
 *
 * - A bad line locks out only its own user, and is reported by its number, the user, and the scheme or field that is
 *   wrong. The report repeats nothing else of the line, since a line holds secrets.
 * - Names that compare as equal (prepared_text.ts) are one user: the second line is bad. The folder of a mailbox is
 *   named as in the line.
 * - A name must be usable as the name of a folder: no `/`, no NUL, not `..`, so that no name leads out of the folder of
 *   mailboxes.
 * - A name must not look like a lock or like the server's files beside an mbox: otherwise the mailbox of one user would
 *   be mistaken for a lock on another mailbox.
 * - Two users never have the same mailbox below the folder of mailboxes: the second line is bad.
 */
import { isAbsolute, relative } from "@std/path";
import { parsePasswordHash } from "../auth/passwords/parse_password_hash.ts";
import type { PasswordHash } from "../auth/passwords/password_hash.ts";
import { linesOf } from "../files/given_text.ts";
import type { Networks } from "../transport/networks.ts";
import { type ExtraFields, lockUser, parseExtraFields } from "./extra_fields.ts";
import { type NamedMailbox, parseMailLocation } from "./mail_location.ts";
import { canNameFolder, expandedPath, mailPathOf } from "./path_template.ts";

/** One user of the file. */
export interface UserEntry {
  readonly name: string;
  readonly hash: PasswordHash;
  /** The uid field; null where it holds no number. */
  readonly uid: number | null;
  readonly home: string | null;
  /** What `userdb_mail` names. */
  readonly mailbox: NamedMailbox | null;
  /** Where the mailbox is below the folder of mailboxes; null where there is no such folder or no such path. */
  readonly rootPath: string | null;
  /** From where the user may log in; null for everywhere. */
  readonly networks: Networks | null;
  /** The extra fields that change nothing for POP3. */
  readonly unusedFields: readonly string[];
}

/** A line that cannot be used. */
export interface BadLine {
  /** From 1. */
  readonly line: number;
  /** The name in the line; null for a line without a colon, which may be anything. */
  readonly user: string | null;
  /** What is wrong with it; repeats no password, and names schemes and fields only. */
  readonly reason: string;
}

/** What decides, besides the file, who may log in and where the mail is. */
export interface UsersFileRules {
  /** The folder of mailboxes; null for none. */
  readonly mailRoot?: string | null;
  /** The path of a mailbox below that folder. `%u` by default. */
  readonly mailPath?: string;
  /** What a login name without `@` gets; null for nothing. */
  readonly defaultDomain?: string | null;
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
  rules: UsersFileRules = {},
): UsersFile {
  const users = new Map<string, UserEntry>();
  const rootPaths = new Set<string>();
  const badLines: BadLine[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    try {
      const user = parseLine(line, rules);
      const key = keyOf(user.name);
      const other = users.get(key);
      if (other?.name === user.name) throw new SyntaxError("its user has a line above");
      if (other !== undefined) {
        throw new SyntaxError("its name counts as equal to that of a line above");
      }
      const { mailbox, rootPath } = user;
      if (mailbox === null && rootPath !== null) {
        if (rootPaths.has(rootPath)) {
          throw new SyntaxError("its mailbox below --mail-root is that of a line above");
        }
        rootPaths.add(rootPath);
      }
      users.set(key, user);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const [name, ...more] = line.split(":");
      const user = more.length === 0 || name === undefined ? null : name.slice(0, MOST_SHOWN);
      badLines.push({ line: index + 1, user, reason: error.message });
    }
  }
  return { users, badLines };
}

/** Whose line it is, and what is wrong with it. */
export function badLineReason({ user, reason }: BadLine): string {
  return user === null ? reason : `user ${JSON.stringify(user)}: ${reason}`;
}

const MOST_SHOWN = 256;

function parseLine(line: string, rules: UsersFileRules): UserEntry {
  const [name = "", password, uid = "", _gid, _gecos, home = "", _shell, ...rest] = line.split(":");
  if (password === undefined) throw new SyntaxError("there is no colon after its name");
  if (name !== name.trim()) throw new SyntaxError("its name begins or ends with a space");
  if (!canNameFolder(name)) throw new SyntaxError("its name cannot be the name of a folder");
  const { defaultDomain = null } = rules;
  if (defaultDomain !== null && !name.includes("@")) {
    throw new SyntaxError(
      `with --default-domain, nobody can log in with a name without @: add @${defaultDomain} to it`,
    );
  }
  const fields = rest.join(":");
  const hash: PasswordHash = lockUser(fields)
    ? { type: "locked" }
    : parsePasswordHash(password, name);
  const extra = parseExtraFields(fields, hash.type === "locked");
  const ownUid = extra.uid ?? uid;
  const place = placeOf(name, home, extra);
  return {
    name,
    hash,
    uid: /^\d+$/.test(ownUid) ? Number(ownUid) : null,
    ...place,
    rootPath: place.mailbox === null ? rootPathOf(name, place.home, rules) : null,
    networks: extra.networks,
    unusedFields: extra.unused,
  };
}

function placeOf(
  name: string,
  homeField: string,
  { home: given, mail }: ExtraFields,
): Pick<UserEntry, "home" | "mailbox"> {
  const home = given === null
    ? homeField || null
    : expandedPath(given, "its userdb_home", { name, home: null });
  if (home !== null && !isAbsolute(home)) throw new SyntaxError("its home is not an absolute path");
  return { home, mailbox: mail === null ? null : parseMailLocation(mail, { name, home }) };
}

function rootPathOf(
  name: string,
  home: string | null,
  { mailRoot = null, mailPath = "%u" }: UsersFileRules,
): string | null {
  if (RESERVED_NAME.test(name)) throw new SyntaxError(RESERVED);
  if (mailRoot === null) return null;
  let path: string;
  try {
    path = mailPathOf(mailRoot, mailPath, { name, home });
  } catch (error) {
    // The mail is in the home, or nowhere.
    if (error instanceof SyntaxError && home !== null) return null;
    throw error;
  }
  // A domain may name a folder, too.
  if (relative(mailRoot, path).split("/").some((part) => RESERVED_NAME.test(part))) {
    throw new SyntaxError(RESERVED);
  }
  return path;
}

const RESERVED = "its name is reserved for a lock, or for a file of the server's";

/** `ann.lock` locks the mbox of ann; the server uses the other names, or has used them, for files beside an mbox. */
const RESERVED_NAME = /\.lock$|\.pop3svc-(?:new|old)$|^\.pop3svc(?:-\w+)?$/;
