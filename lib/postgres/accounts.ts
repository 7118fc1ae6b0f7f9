/**
 * The accounts of a query: who is there, and whether a password is right.
 *
 * The query is the administrator's own. It becomes a part of a larger one, so that what this server adds (a limit, the
 * version of a mailbox) costs no second question.
 */
import { nameKeysOf, type UsernameCase } from "../auth/prepared_text.ts";
import type { HashWorkersOptions } from "../auth/passwords/hash_workers.ts";
import { parsePasswordHash } from "../auth/passwords/parse_password_hash.ts";
import { PasswordChecker } from "../auth/passwords/password_checker.ts";
import type { PasswordHash } from "../auth/passwords/password_hash.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";
import { StandIns } from "../providers/stand_ins.ts";
import type { TextRow } from "./client/connection.ts";
import { type Database, type PostgresDatabase, queriesOf } from "./postgres_database.ts";

/** An account whose password was right. */
export interface Account {
  /** The name as the query was given it. */
  readonly name: string;
  /** The stored password, to see at WAKE whether it is still the same. */
  readonly stored: string;
  /** The row: password, mailbox, and what the caller added. */
  readonly row: TextRow;
}

/** How accounts are looked up and checked. */
export interface AccountsOptions {
  /** Gives `password` and `mailbox` of the name `$1`. */
  readonly query: string;
  /** What is read besides, from `account` and what is joined to it. */
  readonly more: { readonly columns: string; readonly joined: string };
  readonly usernameCase: UsernameCase;
  /** What a name without `@` gets after one; null for nothing. */
  readonly defaultDomain: string | null;
  readonly hashing: HashWorkersOptions;
}

/** How many hashes are remembered, to find out what most of them are like. */
const MOST_SEEN = 64;
/** A hash of bcrypt at cost 10 that no password has, for as long as no other was seen. */
const UNSEEN = `$2y$10$${"abcdefghijklmnopqrstuv".padEnd(53, "A")}`;

export class Accounts implements Disposable {
  readonly #database: Database;
  readonly #options: AccountsOptions;
  readonly #text: string;
  readonly #checker: PasswordChecker;
  readonly #seen = new BoundedMap<{ readonly hash: PasswordHash }>(MOST_SEEN);
  readonly #key = crypto.getRandomValues(new Uint8Array(32));
  #standIn: PasswordHash = parsePasswordHash(UNSEEN);

  /** @throws {RangeError} for a query without `$1` */
  constructor(database: PostgresDatabase, options: AccountsOptions) {
    const query = options.query.trim().replace(/;$/, "");
    if (!/\$1\b/.test(query)) {
      throw new RangeError("the query for accounts: it must look for the name $1");
    }
    this.#database = queriesOf(database);
    this.#options = options;
    const { columns, joined } = options.more;
    // The line end is for a query that ends with a comment.
    this.#text =
      `select account.password::text, account.mailbox::text${columns} from (${query}\n) as account${joined} limit 2`;
    this.#checker = new PasswordChecker(options.hashing, this.#database.clock);
  }

  /** One name for all spellings of a user's name. */
  async keyOf(username: string): Promise<string> {
    const { usernameCase, defaultDomain } = this.#options;
    const isFull = defaultDomain === null || username.includes("@");
    const full = isFull ? username : `${username}@${defaultDomain}`;
    return (await nameKeysOf(usernameCase, full))(full);
  }

  /**
   * Asks for an account and checks its password.
   *
   * @returns null for a wrong name or password, which take the same time
   * @throws what the database throws, and when two accounts have the name
   */
  async authenticate(username: string, password: string): Promise<Account | null> {
    const name = await this.keyOf(username);
    const account = await this.find(name);
    const hash = account === null ? null : this.#hashOf(account);
    const isRight = await this.#checker.check(hash ?? this.#standIn, password, name);
    return hash !== null && isRight ? account : null;
  }

  /** The account with this name, as {@linkcode Accounts.keyOf} gives it; null for none. */
  async find(name: string): Promise<Account | null> {
    // PostgreSQL has no text with NUL, so nobody has such a name.
    if (name.includes("\0")) return null;
    const [row, second] = await this.#database.query("account", this.#text, [name]);
    if (row === undefined) return null;
    if (second !== undefined) throw new Error("the query for accounts gave two rows for one name");
    return { name, stored: row[0] ?? "", row };
  }

  [Symbol.dispose](): void {
    this.#checker[Symbol.dispose]();
  }

  /** The hash of an account; null for one that cannot log in. */
  #hashOf({ name, stored }: Account): PasswordHash | null {
    try {
      const hash = parsePasswordHash(stored, name);
      if (hash.type === "locked") return null;
      if (this.#seen.get(name) === undefined) {
        this.#seen.set(name, { hash });
        const all = [...this.#seen.entries].map(([, each]) => each);
        this.#standIn = new StandIns(all, this.#key).hash ?? hash;
      }
      return hash;
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      const error = new Error(`${name} cannot log in: ${cause.message}`);
      this.#database.emit({ type: "error", connection: null, during: "accounts", error });
      return null;
    }
  }
}
