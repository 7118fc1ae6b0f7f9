/** Accounts and mail, both in PostgreSQL. */
import type { HashWorkersOptions } from "../auth/passwords/hash_workers.ts";
import type { UsernameCase } from "../auth/prepared_text.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { defaultDomainSetting } from "../providers/users_file_options.ts";
import {
  checkedOptions,
  flag,
  given,
  oneOf,
  orNull,
  seconds,
  type SettingsTable,
  text,
} from "../settings/setting.ts";
import { type Account, Accounts } from "./accounts.ts";
import { Leases } from "./mail/leases.ts";
import { Lists } from "./mail/lists.ts";
import { type MailMeans, PostgresMailbox } from "./mail/postgres_mailbox.ts";
import { type PostgresDatabase, queriesOf } from "./postgres_database.ts";
import { ensureSchema } from "./schema/schema_version.ts";

/** Options of a {@linkcode PostgresProvider}. */
export interface PostgresProviderOptions {
  /**
   * One SELECT with the columns `password` and `mailbox` (the name of one in the table of mailboxes, or NULL for that with
   * the name `$1`) for the name `$1`, for accounts of another program. By default they are in the table `pop3svc.account`.
   */
  readonly query?: string;
  /** How `$1` is made: `lower` (the default) writes names in lower case, `keep` does not. */
  readonly usernameCase?: UsernameCase;
  /** The domain that a login name without `@` gets. None by default. */
  readonly defaultDomain?: string;
  /** How many password hashes are checked at once. */
  readonly hashing?: HashWorkersOptions;
  /** Whether DELE is refused; false by default. */
  readonly readOnly?: boolean;
  /** Whether one session at a time has a mailbox, across all processes: others get `[IN-USE]`. False by default. */
  readonly exclusive?: boolean;
  /** With `exclusive`, after how many seconds others may have the mailbox of a process that is gone. 30 by default. */
  readonly leaseTime?: number;
}

const OWN_ACCOUNTS = "select password, mailbox from pop3svc.account where name = $1";

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

type PostgresProviderSettings = Required<Omit<PostgresProviderOptions, "defaultDomain">> & {
  readonly defaultDomain: string | null;
};

const providerSettings: SettingsTable<PostgresProviderSettings> = {
  query: text(/./s, "a SELECT of password and mailbox for the name $1", OWN_ACCOUNTS),
  usernameCase: oneOf<UsernameCase>(["lower", "keep"]),
  defaultDomain: orNull(defaultDomainSetting),
  hashing: given("an object: { threads, waiting }", isObject, {}),
  readOnly: flag(false),
  exclusive: flag(false),
  leaseTime: seconds(0.3, 3_600, 30),
};

/** The version is read together with the account: a session of a mailbox that did not change asks no more. */
const WITH_MAILBOX = {
  columns: ", found.id, found.version",
  joined:
    " left join pop3svc.mailbox as found on found.name = coalesce(account.mailbox::text, $1::text)",
};

/**
 * A provider whose users and mail are in a database, which many processes may share: none keeps anything of its own.
 *
 * @example
 * ```ts
 * import { Pop3Listener } from "@pop3svc/pop3svc";
 * import { PostgresDatabase, PostgresProvider } from "@pop3svc/pop3svc/postgres";
 *
 * await using database = new PostgresDatabase("postgres://pop3svc:passw0rd@127.0.0.1/mail");
 * await using provider = new PostgresProvider(database, { exclusive: true });
 * await using pop3 = new Pop3Listener({ provider });
 * ```
 */
export class PostgresProvider implements MailboxProvider {
  /** The name of this kind of provider. */
  readonly name: string = "PostgreSQL";
  readonly #database: PostgresDatabase;
  readonly #accounts: Accounts;
  readonly #means: MailMeans;
  /** The stored password with which each connection logged in, to check at WAKE that the user still has it. */
  readonly #loggedInWith = new WeakMap<ConnectionInfo, string>();

  /**
   * Makes a provider; nothing is asked before the first login.
   *
   * @throws {RangeError} for an option that is not allowed
   * @throws {TypeError} for one of the wrong kind, or that there is not
   */
  constructor(database: PostgresDatabase, options: PostgresProviderOptions = {}) {
    const { readOnly, exclusive, leaseTime, ...accounts } = checkedOptions(
      providerSettings,
      options,
    );
    this.#database = database;
    this.#accounts = new Accounts(database, { ...accounts, more: WITH_MAILBOX });
    this.#means = {
      database: queriesOf(database),
      lists: new Lists(),
      leases: exclusive ? new Leases(queriesOf(database), leaseTime) : null,
      isReadOnly: readOnly,
    };
  }

  /**
   * Whether the tables are there, and the query for accounts can be run.
   *
   * @throws what is wrong
   */
  async check(): Promise<void> {
    await ensureSchema(this.#database);
    await this.#accounts.find("");
  }

  /** The mailbox of the user with this name and password; an error while the tables have another version. */
  async authenticate(
    info: ConnectionInfo,
    username: string,
    password: string,
  ): Promise<Mailbox | null> {
    // A database that was away at the start may be another one when it is back.
    await ensureSchema(this.#database);
    const account = await this.#accounts.authenticate(username, password);
    if (account === null) return null;
    this.#loggedInWith.set(info, account.stored);
    return this.#mailboxOf(account);
  }

  /** The name as the query gets it. */
  canonicalUsername(username: string): Promise<string> {
    return this.#accounts.keyOf(username);
  }

  /** The mailbox of a user whose session wakes up; null when the user is gone or has a new password. */
  async reopenMailbox(info: ConnectionInfo, username: string): Promise<Mailbox | null> {
    const account = await this.#accounts.find(await this.#accounts.keyOf(username));
    const isSame = account !== null && this.#loggedInWith.get(info) === account.stored;
    return isSame ? this.#mailboxOf(account) : null;
  }

  /** Ends the threads for password hashes and the renewal of leases. The database stays open. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#accounts[Symbol.dispose]();
    this.#means.leases?.[Symbol.dispose]();
    return Promise.resolve();
  }

  #mailboxOf({ name, row: [, mailbox, id = null, version = null] }: Account): Mailbox {
    return new PostgresMailbox({ name: mailbox ?? name, id, version }, this.#means);
  }
}
