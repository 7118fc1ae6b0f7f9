import { type Clock, systemClock } from "../connection/clock.ts";
import { fileVersion } from "../files/file_version.ts";
import type { ConnectionInfo } from "../mailbox/connection_info.ts";
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox_options.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import type { MailboxProvider, UserSecret, UserSecrets } from "../mailbox/mailbox_provider.ts";
import type { Pop3Events } from "../telemetry/events.ts";
import type { HashWorkersOptions } from "./passwords/hash_workers.ts";
import { PasswordChecker } from "./passwords/password_checker.ts";
import { hmac } from "./scram.ts";
import { UserMailboxes } from "./user_mailboxes.ts";
import { type BadLine, parseUsersFile, type UserEntry, type UsersFile } from "./users_file.ts";

/** What a {@linkcode UsersFileProvider} may be told. */
export interface UsersFileOptions {
  /** The folder whose subfolders, or mboxes, are the mailboxes of the users, by name. None by default. */
  readonly mailRoot?: string;
  /** How the mailboxes are opened. */
  readonly mailbox?: FileMailboxOptions;
  /** How much is spent on password hashes at once. */
  readonly hashing?: HashWorkersOptions;
  /** Is told of bad lines, and of a file that cannot be read any more; the same as a listener's. */
  readonly events?: Pop3Events;
}

const encoder = new TextEncoder();
const nobody: UsersFile = { users: new Map(), badLines: [] };

/**
 * Many users, from a file in the form of Dovecot's passwd-file or Apache's htpasswd. It is read again when it has
 * changed.
 *
 * A bad line locks out its own user only. Somebody who is not in the file is checked against the hash of somebody
 * who is, so that the time does not tell who is there.
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
  /** What log lines call it. */
  readonly name: string = "users file";
  readonly #path: string;
  readonly #events: Pop3Events;
  readonly #mailboxes: UserMailboxes;
  readonly #checker: PasswordChecker;
  /** Chooses who stands in for whom. */
  readonly #standInKey = crypto.getRandomValues(new Uint8Array(32));
  /** With which hash each is logged in, to see at WAKE whether it is still theirs. */
  readonly #loggedInWith = new WeakMap<ConnectionInfo, string>();
  #file: UsersFile = nobody;
  #secrets: UserSecrets | null = null;
  #reading: Promise<void> = Promise.resolve();
  #version = "";
  #complaint = "";

  /**
   * Makes a provider; the file is read when it is first needed.
   *
   * @param path the file
   * @param clock for tests that do not want to wait
   */
  constructor(path: string, options: UsersFileOptions = {}, clock: Clock = systemClock) {
    this.#path = path;
    this.#events = options.events ?? (() => {});
    this.#mailboxes = new UserMailboxes(options.mailRoot ?? null, options.mailbox ?? {});
    this.#checker = new PasswordChecker(options.hashing, clock);
  }

  /**
   * Reads the file if it has changed since.
   *
   * @returns how many users can log in, and the lines that cannot be used
   * @throws {Deno.errors.NotFound} and its like when it has never been readable
   */
  async refresh(): Promise<{ readonly users: number; readonly badLines: readonly BadLine[] }> {
    await this.#refresh();
    return { users: this.#file.users.size, badLines: this.#file.badLines };
  }

  /** APOP and SCRAM, where every user has a secret for them. */
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
      secretOf: (_info, username) => this.#secretOf(username),
      openMailbox: (info, username) => this.#openMailbox(info, username),
    };
  }

  /** The mailbox of a user with this name and this password. */
  async authenticate(
    info: ConnectionInfo,
    username: string,
    password: string,
  ): Promise<Mailbox | null> {
    await this.#refresh();
    const user = this.#file.users.get(username);
    const isKnown = user !== undefined && user.hash.type !== "locked";
    const checked = isKnown ? user : await this.#standInFor(username);
    if (checked === null) return null;
    const isRight = await this.#checker.check(checked.hash, password);
    return isKnown && isRight ? await this.#openMailbox(info, username) : null;
  }

  /** The mailbox of a user who wakes up; null when the user is gone, or has another password by now. */
  async reopenMailbox(info: ConnectionInfo, username: string): Promise<Mailbox | null> {
    await this.#refresh();
    const user = this.#file.users.get(username);
    const isSame = user !== undefined && this.#loggedInWith.get(info) === JSON.stringify(user.hash);
    return isSame ? await this.#mailboxes.open(user) : null;
  }

  /** Ends the threads for password hashes. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#checker[Symbol.dispose]();
    return Promise.resolve();
  }

  async #secretOf(username: string): Promise<UserSecret | null> {
    await this.#refresh();
    const hash = this.#file.users.get(username)?.hash;
    switch (hash?.type) {
      case "plain":
        return { type: "plain", password: hash.password };
      case "scram-sha-256":
        return { type: "scram-sha-256", verifier: hash.verifier };
      default:
        return null;
    }
  }

  async #openMailbox(info: ConnectionInfo, username: string): Promise<Mailbox | null> {
    const user = this.#file.users.get(username);
    if (user === undefined) return null;
    this.#loggedInWith.set(info, JSON.stringify(user.hash));
    return await this.#mailboxes.open(user);
  }

  /** Somebody who can log in, always the same one for a name. */
  async #standInFor(username: string): Promise<UserEntry | null> {
    const candidates = [...this.#file.users.values()].filter(({ hash }) => hash.type !== "locked");
    const digest = await hmac(this.#standInKey, encoder.encode(username));
    const chosen = new DataView(digest.buffer).getUint32(0) % Math.max(1, candidates.length);
    return candidates[chosen] ?? null;
  }

  /** One at a time; who comes meanwhile waits for it. */
  #refresh(): Promise<void> {
    const reading = this.#reading.catch(() => {}).then(() => this.#readIfChanged());
    this.#reading = reading;
    return reading;
  }

  async #readIfChanged(): Promise<void> {
    try {
      const version = fileVersion(this.#path);
      if (version === this.#version) return;
      this.#use(parseUsersFile(await Deno.readTextFile(this.#path)));
      this.#version = version;
      this.#complaint = "";
    } catch (error) {
      if (this.#version === "") throw error;
      if (`${error}` !== this.#complaint) this.#complain(error);
      this.#complaint = `${error}`;
    }
  }

  #use({ users, badLines }: UsersFile): void {
    const placed = new Map([...users].filter(([, user]) => this.#mailboxes.hasPlaceFor(user)));
    if (placed.size < users.size) {
      const without = users.size - placed.size;
      this.#complain(
        new Error(`${without} users have no mailbox: there is no folder of mailboxes`),
      );
    }
    for (const { line, reason } of badLines) this.#complain(new Error(`line ${line}: ${reason}`));
    this.#file = { users: placed, badLines };
    this.#secrets = this.#secretsOf(this.#file);
    this.#checker.forget();
  }

  #complain(error: unknown): void {
    this.#events({ type: "error", connection: null, during: "users file", error });
  }
}
