/** The users of a file, with their mailboxes on disk. */
import { checked, checkedOptions } from "../settings/setting.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import { fileMailboxSettings } from "../mailbox/files/file_mailbox_options.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type {
  MailboxProvider,
  RefusalCause,
  UserSecret,
  UserSecrets,
} from "../provider/mailbox_provider.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import type { Clock } from "../time/clock.ts";
import type { CheckedUsers } from "./checked_users.ts";
import type { PasswordHash } from "../auth/passwords/password_hash.ts";
import type { Awaitable } from "../protocol/reply.ts";
import { PasswordChecker } from "../auth/passwords/password_checker.ts";
import { leftOutOfOthers } from "./left_out_of_others.ts";
import { causeOf, mayComeFrom, RefusalCauses } from "./refusal_causes.ts";
import { StandIns } from "./stand_ins.ts";
import { UserMailboxes } from "./user_mailboxes.ts";
import type { BadLine, UserEntry, UsersFile } from "./users_file.ts";
import { type UsersFileOptions, usersFilePath, usersFileSettings } from "./users_file_options.ts";
import { type UsersFileCounts, WatchedUsersFile } from "./watched_users_file.ts";

/** What a check of a provider looks at. */
export let checkedUsersOf: (provider: UsersFileProvider) => CheckedUsers;

/**
 * A provider of many users, from a file in the format of Dovecot's passwd-file or Apache's htpasswd. The file is read
 * again when it has changed; while it names nobody, the previous users stay.
 *
 * A bad line locks out only its own user. The password of an unknown user is checked against a hash like those of
 * most users, so that the time does not show which names exist.
 *
 * @example
 * ```ts
 * import { Pop3Listener, UsersFileProvider } from "@pop3svc/pop3svc";
 *
 * const provider = new UsersFileProvider("users", { mailRoot: "mail" });
 * await using pop3 = new Pop3Listener({ provider });
 * ```
 */
export class UsersFileProvider implements MailboxProvider {
  /** The name of this kind of provider. */
  readonly name: string = "users file";
  readonly #watched: WatchedUsersFile;
  readonly #mailboxes: UserMailboxes;
  readonly #checker: PasswordChecker;
  readonly #clock: Clock;
  readonly #scramKey: Uint8Array<ArrayBuffer>;
  /** The hash with which each connection logged in, to check at WAKE that the user still has it. */
  readonly #loggedInWith = new WeakMap<ConnectionInfo, PasswordHash>();
  readonly #checked: CheckedUsers;
  readonly #refusals = new RefusalCauses();
  #standIns: StandIns;
  #secrets: UserSecrets | null = null;

  static {
    checkedUsersOf = (provider) => provider.#checked;
  }

  /**
   * Makes a provider; the file is read when it is first needed.
   *
   * @param path the file
   * @throws {RangeError} for an option that is not allowed
   * @throws {TypeError} for one of the wrong kind, or that there is not
   */
  constructor(path: string, options: UsersFileOptions = {}) {
    const { mailbox, hashing, scramKey, onEvent, clock, ...settings } = checkedOptions(
      usersFileSettings,
      options,
    );
    const { mailRoot, mailPath, usernameCase, defaultDomain } = settings;
    const rules = { mailRoot, mailPath, usernameCase, defaultDomain };
    const mailboxOptions = checkedOptions(fileMailboxSettings, mailbox);
    this.#checked = { type: "users", file: path, ...rules, options: mailboxOptions };
    this.#mailboxes = new UserMailboxes(mailRoot, mailboxOptions);
    this.#checker = new PasswordChecker(hashing, clock);
    this.#clock = clock;
    this.#scramKey = scramKey ?? crypto.getRandomValues(new Uint8Array(32));
    this.#standIns = new StandIns([], this.#scramKey);
    this.#watched = new WatchedUsersFile(
      checked("path", usersFilePath, path),
      rules,
      (user) => this.#mailboxes.hasPlaceFor(user),
      (file) => this.#use(file),
      onEvent,
    );
  }

  /**
   * Reads the file if it has changed.
   *
   * @returns how many users can log in, and the lines that cannot be used; whether it has changed, and why the previous
   * users stay (null where they do not)
   * @throws {Deno.errors.NotFound} and the like when it has never been readable
   */
  async refresh(): Promise<{
    readonly users: number;
    readonly badLines: readonly BadLine[];
    readonly isChanged: boolean;
    readonly failure: unknown;
  }> {
    const before = this.#watched.reading.version;
    await this.#watched.refresh();
    const [{ users, badLines }, { version, failure }] = [this.#watched.file, this.#watched.reading];
    const isChanged = version !== before && failure === null;
    return { users: users.size, badLines, isChanged, failure };
  }

  /** How many users there are, and whether the file can be used as it was when it was last looked at. Reads nothing. */
  counts(): UsersFileCounts {
    return this.#watched.counts;
  }

  /** What is left out of mailboxes that belong to other users than the server's own; it soon gives up. */
  leftOutOfOthers(): Promise<readonly string[]> {
    return leftOutOfOthers(this.#watched.file.users.values(), this.#mailboxes, this.#clock);
  }

  /** The secrets for APOP and SCRAM, where every user has one; otherwise null. */
  get secrets(): UserSecrets | null {
    return this.#secrets;
  }

  #secretsOf({ users }: UsersFile): UserSecrets | null {
    const types = new Set([...users.values()].map(({ hash }) => hash.type));
    types.delete("locked");
    const isScram = types.delete("scram-sha-256");
    const isPlain = types.delete("plain");
    if (types.size > 0 || !(isScram || isPlain)) return null;
    return {
      offers: isScram ? "scram" : "apop-and-scram",
      secretOf: (info, username) => this.#secretOf(info, username),
      challengeFor: async (username) =>
        await this.#standIns.challengeFor(await this.#watched.keyOf(username)),
      openMailbox: async (info, username) =>
        this.#openMailbox(info, await this.#watched.keyOf(username)),
    };
  }

  /** The mailbox of the user with this name and password. */
  async authenticate(
    info: ConnectionInfo,
    username: string,
    password: string,
  ): Promise<Mailbox | null> {
    const name = await this.#watched.keyOf(username);
    const user = await this.#find(name);
    const isKnown = user !== null && user.hash.type !== "locked";
    const checked = isKnown ? user.hash : this.#standIns.hash;
    this.#noteCause(info, username, name, user);
    if (checked === null) return null;
    const isRight = await this.#checker.check(checked, password, name);
    if (!isRight || !isKnown || !mayComeFrom(info, user)) return null;
    return this.#openMailbox(info, name);
  }

  /** Why the last login of the user on this connection was refused, for the log. */
  refusalCause(info: ConnectionInfo, username: string): RefusalCause | null {
    return this.#refusals.causeFor(info, username);
  }

  /**
   * The name in the form in which names are compared: prepared, and in lower case unless `usernameCase` is `keep`.
   */
  canonicalUsername(username: string): Awaitable<string> {
    return this.#watched.keyOf(username);
  }

  /** The mailbox of a user whose session wakes up; null when the user is gone or has a new password. */
  async reopenMailbox(info: ConnectionInfo, username: string): Promise<Mailbox | null> {
    const user = await this.#find(await this.#watched.keyOf(username));
    const isSame = user !== null && mayComeFrom(info, user) &&
      JSON.stringify(this.#loggedInWith.get(info)) === JSON.stringify(user.hash);
    return isSame ? this.#mailboxes.open(user, info) : null;
  }

  /** Ends the threads for password hashes. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#checker[Symbol.dispose]();
    return Promise.resolve();
  }

  async #secretOf(info: ConnectionInfo, username: string): Promise<UserSecret | null> {
    const name = await this.#watched.keyOf(username);
    const user = await this.#find(name);
    this.#noteCause(info, username, name, user);
    if (user === null || !mayComeFrom(info, user)) return null;
    const { hash } = user;
    switch (hash.type) {
      case "plain":
        return { type: "plain", password: hash.password };
      case "scram-sha-256":
        return { type: "scram-sha-256", verifier: hash.verifier };
      default:
        return null;
    }
  }

  #openMailbox(info: ConnectionInfo, name: string): Mailbox | null {
    const user = this.#watched.file.users.get(name);
    if (user === undefined) return null;
    this.#loggedInWith.set(info, user.hash);
    return this.#mailboxes.open(user, info);
  }

  /** @throws {Pop3ResponseError} `[SYS/TEMP]` while no user is known: then nobody can say that a name is wrong */
  async #find(name: string): Promise<UserEntry | null> {
    let cause: unknown = null;
    try {
      await this.#watched.refresh();
    } catch (error) {
      cause = error;
    }
    const { users } = this.#watched.file;
    if (users.size > 0) return users.get(name) ?? null;
    throw new Pop3ResponseError("Nobody can log in now. Try again later.", {
      code: "SYS/TEMP",
      cause: cause ?? new Error("The users file names nobody who can log in"),
    });
  }

  #noteCause(info: ConnectionInfo, username: string, name: string, user: UserEntry | null): void {
    this.#refusals.note(info, username, causeOf(info, user, this.#watched.hasBadLine(name)));
  }

  #use(file: UsersFile): void {
    this.#standIns = new StandIns(file.users.values(), this.#scramKey);
    this.#secrets = this.#secretsOf(file);
    this.#checker.forget();
  }
}
