/** Accounts from a database, with mailboxes on disk. */
import { isAbsolute, relative, resolve } from "@std/path";
import type { HashWorkersOptions } from "../auth/passwords/hash_workers.ts";
import type { UsernameCase } from "../auth/prepared_text.ts";
import {
  type FileMailboxOptions,
  fileMailboxSettings,
} from "../mailbox/files/file_mailbox_options.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { UserMailboxes } from "../providers/user_mailboxes.ts";
import { type NamedMailbox, parseMailLocation } from "../providers/mail_location.ts";
import { defaultDomainSetting } from "../providers/users_file_options.ts";
import { canNameFolder, mailPathOf } from "../providers/path_template.ts";
import type { UserEntry } from "../providers/users_file.ts";
import {
  checkedOptions,
  given,
  oneOf,
  orNull,
  required,
  type SettingsTable,
  text,
} from "../settings/setting.ts";
import { type Account, Accounts } from "./accounts.ts";
import type { PostgresDatabase } from "./postgres_database.ts";

/** Options of {@linkcode SqlAccounts}. */
export interface SqlAccountsOptions {
  /**
   * One SELECT with the columns `password` and `mailbox` for the name `$1`. The password is a hash as in a users file. The
   * mailbox is a path, perhaps with its format: `maildir:/var/mail/me`; one that is not absolute is below `mailRoot`. No
   * row: no such user.
   */
  readonly query: string;
  /**
   * The folder for paths that are not absolute, and for users whose `mailbox` is NULL: then the name of the user is that
   * of the mailbox. None by default.
   */
  readonly mailRoot?: string;
  /** How the mailboxes are opened. */
  readonly mailbox?: FileMailboxOptions;
  /** How many password hashes are checked at once. */
  readonly hashing?: HashWorkersOptions;
  /** How `$1` is made: `lower` (the default) writes names in lower case, `keep` does not. */
  readonly usernameCase?: UsernameCase;
  /** The domain that a login name without `@` gets. None by default. */
  readonly defaultDomain?: string;
}

type SqlAccountsSettings = Required<Omit<SqlAccountsOptions, "mailRoot" | "defaultDomain">> & {
  readonly mailRoot: string | null;
  readonly defaultDomain: string | null;
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const sqlAccountsSettings: SettingsTable<SqlAccountsSettings> = {
  query: required(text(/./s, "a SELECT of password and mailbox for the name $1", "")),
  mailRoot: orNull(text(/./s, "the path of a folder", "")),
  mailbox: given("an object with the options of a mailbox", isObject, {}),
  hashing: given("an object: { threads, waiting }", isObject, {}),
  usernameCase: oneOf<UsernameCase>(["lower", "keep"]),
  defaultDomain: orNull(defaultDomainSetting),
};

/**
 * A provider whose users are in a database and whose mail is in Maildirs, mboxes or folders.
 *
 * The database is asked at every login, so a new password or a locked account counts at once. The result of a slow hash is
 * remembered for as long as with a users file.
 *
 * @example
 * ```ts
 * import { Pop3Listener } from "@pop3svc/pop3svc";
 * import { PostgresDatabase, SqlAccounts } from "@pop3svc/pop3svc/postgres";
 *
 * await using database = new PostgresDatabase("postgres://pop3svc:passw0rd@127.0.0.1/postfix");
 * await using provider = new SqlAccounts(database, {
 *   query: `select password, 'maildir:/var/vmail/' || maildir as mailbox
 *             from mailbox where username = $1 and active`,
 * });
 * await using pop3 = new Pop3Listener({ provider });
 * ```
 */
export class SqlAccounts implements MailboxProvider {
  /** The name of this kind of provider. */
  readonly name: string = "accounts from SQL";
  readonly #accounts: Accounts;
  readonly #mailboxes: UserMailboxes;
  readonly #mailRoot: string | null;
  /** The stored password with which each connection logged in, to check at WAKE that the user still has it. */
  readonly #loggedInWith = new WeakMap<ConnectionInfo, string>();

  /**
   * Makes a provider; nothing is asked before the first login.
   *
   * @throws {RangeError} for an option that is not allowed
   * @throws {TypeError} for one of the wrong kind, or that there is not
   */
  constructor(database: PostgresDatabase, options: SqlAccountsOptions) {
    const { mailRoot, mailbox, ...accounts } = checkedOptions(sqlAccountsSettings, options);
    this.#mailRoot = mailRoot;
    this.#mailboxes = new UserMailboxes(mailRoot, checkedOptions(fileMailboxSettings, mailbox));
    const more = { columns: "", joined: "" };
    this.#accounts = new Accounts(database, { ...accounts, more });
  }

  /**
   * Runs the query for a name that nobody has.
   *
   * @throws what is wrong with the query, or that the database is away
   */
  async check(): Promise<void> {
    await this.#accounts.find("");
  }

  /** The mailbox of the user with this name and password. */
  async authenticate(
    info: ConnectionInfo,
    username: string,
    password: string,
  ): Promise<Mailbox | null> {
    const account = await this.#accounts.authenticate(username, password);
    if (account === null) return null;
    this.#loggedInWith.set(info, account.stored);
    return this.#mailboxes.open(entryOf(account, this.#mailRoot), info);
  }

  /** The name as the query gets it. */
  canonicalUsername(username: string): Promise<string> {
    return this.#accounts.keyOf(username);
  }

  /** The mailbox of a user whose session wakes up; null when the user is gone or has a new password. */
  async reopenMailbox(info: ConnectionInfo, username: string): Promise<Mailbox | null> {
    const account = await this.#accounts.find(await this.#accounts.keyOf(username));
    const isSame = account !== null && this.#loggedInWith.get(info) === account.stored;
    return isSame ? this.#mailboxes.open(entryOf(account, this.#mailRoot), info) : null;
  }

  /** Ends the threads for password hashes. The database stays open. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#accounts[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** @throws {SyntaxError} for a `mailbox` that is no path, or leads out of the folder of mailboxes */
function entryOf({ name, row: [, location = null] }: Account, mailRoot: string | null): UserEntry {
  // The name becomes a part of a path only where the database gives none.
  if (location === null && !canNameFolder(name)) {
    throw new SyntaxError("a name that has no mailbox cannot be the name of a folder");
  }
  const values = { name, home: null };
  return {
    name,
    hash: { type: "locked" },
    uid: null,
    home: null,
    mailbox: location === null ? null : namedMailbox(location, mailRoot, values),
    rootPath: mailRoot === null || location !== null ? null : mailPathOf(mailRoot, "%u", values),
    networks: null,
    unusedFields: [],
  };
}

/**
 * The mailbox that a row names.
 *
 * @throws {SyntaxError} for what is no path, or leads out of the folder of mailboxes
 */
export function namedMailbox(
  location: string,
  mailRoot: string | null,
  values: { readonly name: string; readonly home: null },
): NamedMailbox {
  const [, kind = "", path = ""] = /^((?:[A-Za-z][\w-]*:)?)(.*)$/s.exec(location) ?? [];
  if (mailRoot === null || isAbsolute(path)) return parseMailLocation(location, values);
  const root = resolve(mailRoot);
  const named = parseMailLocation(`${kind}${root.replaceAll("%", "%%")}/${path}`, values);
  const below = relative(root, named.path);
  if (below !== "" && !/^\.\.(\/|$)/.test(below) && !isAbsolute(below)) return named;
  throw new SyntaxError("its mailbox leads out of the folder of mailboxes");
}
