/**
 * The users of a file, which is read again when it has changed.
 *
 * - The known users stay while the file cannot be read or decoded, names nobody, or seems to be half written. An editor
 *   or a full disk may leave such a file for a moment, and nobody should be refused because of it. The server logs that
 *   once.
 * - A file that was read and cannot be used is not read again until it changes: otherwise each login would read the
 *   whole file. A file that could not be read is tried at each login, since a repaired mode does not count as a change.
 */
import { fileVersion } from "../files/file_identity.ts";
import { lookAtGiven } from "../files/given_path.ts";
import { linesOf, TextEncodingError } from "../files/given_text.ts";
import { readGivenText } from "../files/read_whole.ts";
import { eventOf, type Pop3Events } from "../events/events.ts";
import { counted } from "../protocol/counted.ts";
import { type Awaitable, then } from "../protocol/reply.ts";
import { nameKeysOf, type UsernameCase } from "../auth/prepared_text.ts";
import {
  type BadLine,
  badLineReason,
  parseUsersFile,
  type UserEntry,
  type UsersFile,
  type UsersFileRules,
} from "./users_file.ts";

/** How long a file must stay unchanged to count as finished, if it ends within a line and has become shorter. */
const QUIET_MS = 1_000;

/** What is known of the users of a file. */
export interface UsersFileCounts {
  /** Users who have a place for their mail. */
  readonly users: number;
  /** How many of them are locked. */
  readonly locked: number;
  /** Lines that cannot be used. */
  readonly badLines: number;
  /** Why the file as it was at the last look cannot be used, so that the previous users stay; null where it can. */
  readonly rejected: { readonly reason: string; readonly since: Date } | null;
}

/** How names are compared, and what the rules of the file need. */
export interface WatchedRules extends UsersFileRules {
  readonly usernameCase: UsernameCase;
}

export class WatchedUsersFile {
  readonly #path: string;
  readonly #rules: WatchedRules;
  readonly #hasPlaceFor: (user: UserEntry) => boolean;
  readonly #onUsers: (file: UsersFile) => void;
  readonly #events: Pop3Events;
  #users: ReadonlyMap<string, UserEntry> = new Map();
  #badLines: readonly BadLine[] = [];
  #badKeys: ReadonlySet<string> = new Set();
  #locked = 0;
  #length = 0;
  #reading: Promise<void> = Promise.resolve();
  /** The version that was read last; empty before the first reading. */
  #version = "";
  /** The version that seemed to be half written. */
  #halfWritten = "";
  #complaint = "";
  /** Why the file as it is now cannot be read, or cannot be used; null where it can. */
  #unreadable: unknown = null;
  /** Since when. */
  #since: Date | null = null;
  #unusable: unknown = null;

  constructor(
    path: string,
    rules: WatchedRules,
    hasPlaceFor: (user: UserEntry) => boolean,
    onUsers: (file: UsersFile) => void,
    events: Pop3Events,
  ) {
    this.#path = path;
    this.#rules = rules;
    this.#hasPlaceFor = hasPlaceFor;
    this.#onUsers = onUsers;
    this.#events = events;
  }

  /** The users who have a place for their mail, by the keys by which names are compared, and the bad lines. */
  get file(): UsersFile {
    return { users: this.#users, badLines: this.#badLines };
  }

  /** What the last reading has found: which version, and why the previous users stay; null where they do not. */
  get reading(): { readonly version: string; readonly failure: unknown } {
    return { version: this.#version, failure: this.#unreadable ?? this.#unusable };
  }

  /** Counted at the last reading, and why the previous users stay. */
  get counts(): UsersFileCounts {
    const { failure } = this.reading;
    const since = this.#since;
    return {
      users: this.#users.size,
      locked: this.#locked,
      badLines: this.#badLines.length,
      rejected: failure === null || since === null ? null : { reason: textOf(failure), since },
    };
  }

  /** Whether the last file that could be used has a line of the user with this key that cannot be used. */
  hasBadLine(key: string): boolean {
    return this.#badKeys.has(key);
  }

  /**
   * Reads the file if it has changed. Calls run one at a time.
   *
   * @throws {Deno.errors.NotFound} and the like when it has never been readable
   */
  refresh(): Promise<void> {
    const reading = this.#reading.catch(() => {}).then(() => this.#readIfChanged());
    this.#reading = reading;
    return reading;
  }

  /** The key by which the name of a login is compared. */
  keyOf(name: string): Awaitable<string> {
    const { usernameCase, defaultDomain = null } = this.#rules;
    const full = defaultDomain === null || name.includes("@") ? name : `${name}@${defaultDomain}`;
    return then(nameKeysOf(usernameCase, full), (keyOf) => keyOf(full));
  }

  async #readIfChanged(): Promise<void> {
    await this.#tryToRead();
    this.#since = this.reading.failure === null ? null : this.#since ?? new Date();
  }

  async #tryToRead(): Promise<void> {
    this.#unreadable = null;
    try {
      const version = fileVersion(this.#path);
      if (version === this.#version || version === this.#halfWritten && this.#isYoung()) return;
      const text = this.#readText(version);
      if (this.#isHalfWritten(text)) {
        this.#halfWritten = version;
        throw new Error("it seems to be half written, and is used if it stays so for a second");
      }
      const keyOf = await nameKeysOf(this.#rules.usernameCase, text);
      const isCut = text.length < this.#length && linesOf(text).at(-1) !== "";
      const before = this.#users.size;
      this.#use(parseUsersFile(text, keyOf, this.#rules), text.length);
      this.#badKeys = new Set(
        this.#badLines.flatMap(({ user }) => user === null ? [] : keyOf(user)),
      );
      if (isCut && this.#users.size < before) {
        const now = this.#users.size;
        this.#complain(`it ends within a line; there were ${counted(before, "user")}, now ${now}`);
      }
      this.#version = version;
      this.#complaint = "";
    } catch (error) {
      this.#unreadable = error;
      if (this.#users.size === 0) throw error;
      if (`${error}` !== this.#complaint) this.#complain(this.#named(error));
      this.#complaint = `${error}`;
    }
  }

  #readText(version: string): string {
    try {
      return readGivenText(this.#path);
    } catch (error) {
      if (error instanceof TextEncodingError) this.#version = version;
      throw error;
    }
  }

  /** Whether the file ends within a line and has just become shorter. */
  #isHalfWritten(text: string): boolean {
    return this.#users.size > 0 && text.length < this.#length && linesOf(text).at(-1) !== "" &&
      this.#isYoung();
  }

  #isYoung(): boolean {
    const age = Date.now() - (lookAtGiven(this.#path)?.info.mtime?.getTime() ?? 0);
    return age >= 0 && age < QUIET_MS;
  }

  #use({ users, badLines }: UsersFile, length: number): void {
    const placed = new Map([...users].filter(([, user]) => this.#hasPlaceFor(user)));
    if (placed.size === 0) {
      const stay = this.#users.size === 0 ? "" : ": the previous users stay";
      const error = new Error(`${this.#path}: it names nobody who can log in${stay}`);
      this.#complain(error);
      if (this.#users.size > 0) {
        this.#unusable = error;
        return;
      }
    }
    this.#unusable = null;
    const without = users.size - placed.size;
    if (without > 0) {
      const who = without === 1 ? "1 user has" : `${without} users have`;
      this.#complain(`${who} no mailbox: there is no folder of mailboxes`);
    }
    for (const bad of badLines) {
      this.#complain(`line ${bad.line}: ${badLineReason(bad)}`);
    }
    this.#users = placed;
    // Counted here: whoever asks the admin port must not cost a walk through all users.
    this.#locked = [...placed.values()].filter(({ hash }) => hash.type === "locked").length;
    this.#badLines = badLines;
    this.#length = length;
    this.#onUsers(this.file);
  }

  #named(error: unknown): Error {
    return new Error(`${this.#path}: ${textOf(error)}: the previous users stay`);
  }

  #complain(what: unknown): void {
    const error = typeof what === "string" ? new Error(`${this.#path}: ${what}`) : what;
    this.#events(eventOf({ type: "error", connection: null, during: "users file", error }));
  }
}

function textOf(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  return error instanceof Error ? error.message : String(error);
}
