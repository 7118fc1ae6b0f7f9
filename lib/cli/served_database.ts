/** The database of a running server: its provider, its shared bans, its health and its counts. */
import type { PostgresBanEngine, PostgresDatabase, PostgresStatus } from "../postgres/mod.ts";
import {
  eventOf,
  type FileMailboxOptions,
  type MailboxProvider,
  type Pop3Events,
  reasonOf,
  StoreCounters,
  type StoreCounts,
  type StrikeBanEngineOptions,
  systemClock,
} from "../program.ts";
import { CliError } from "./cli_error.ts";
import { openDatabase, placeText } from "./database_of_options.ts";
import type { ServeOptions } from "./options.ts";

/** The database in the status of a server. */
export interface DatabaseStatus extends PostgresStatus {
  readonly counts: StoreCounts;
}

/** How long a health check waits for the database. A load balancer waits little longer. */
const HEALTH_MS = 2_000;
const NO_ANSWER = "the database does not answer";

export class ServedDatabase implements AsyncDisposable {
  /** What it is, for people, without any secret. */
  readonly place: string;
  readonly #database: PostgresDatabase;
  readonly #counters: StoreCounters;
  readonly #events: Pop3Events;
  /** Looks at the tables and the query, which could not be done while the database was away; null once they were right. */
  #check: (() => Promise<void>) | null = null;
  #bans: PostgresBanEngine | null = null;
  #illness: Promise<readonly string[]> | null = null;

  private constructor(
    database: PostgresDatabase,
    place: string,
    counters: StoreCounters,
    events: Pop3Events,
  ) {
    this.#database = database;
    this.place = place;
    this.#counters = counters;
    this.#events = events;
  }

  /**
   * Opens the database of the options; null where they have none.
   *
   * @throws {CliError} for a wrong URL
   */
  static async of(
    { postgres: url }: ServeOptions,
    events: Pop3Events,
  ): Promise<ServedDatabase | null> {
    if (url === null) return null;
    const counters = new StoreCounters();
    const onEvent: Pop3Events = (event) => {
      counters.observe(event);
      events(event);
      if (event.type === "store" && event.isReachable) void served.#checkOnReturn();
    };
    const database = await openDatabase(url, { onEvent });
    const served = new ServedDatabase(database, placeText(url), counters, events);
    return served;
  }

  /** Bans that all servers of the database share. */
  async shareBans(options: StrikeBanEngineOptions): Promise<PostgresBanEngine> {
    const { PostgresBanEngine } = await import("../postgres/mod.ts");
    return this.#bans ??= new PostgresBanEngine(this.#database, options);
  }

  /**
   * Makes the provider.
   *
   * @param mailbox how mailboxes on disk are opened; null for mail in the database
   * @returns also why the database is away; null when it answers
   * @throws {CliError} when the database answers, but cannot serve
   */
  async open(
    options: ServeOptions,
    mailbox: FileMailboxOptions | null,
  ): Promise<{ readonly provider: MailboxProvider; readonly away: string | null }> {
    const { PostgresProvider, SqlAccounts } = await import("../postgres/mod.ts");
    const { "accounts-query": query, "mail-root": mailRoot, "default-domain": defaultDomain } =
      options;
    const common = {
      usernameCase: options["username-case"],
      ...(defaultDomain === null ? {} : { defaultDomain }),
    };
    const provider = query === null || mailbox === null
      ? new PostgresProvider(this.#database, {
        ...common,
        readOnly: options["read-only"],
        exclusive: options.lock,
      })
      : new SqlAccounts(this.#database, {
        ...common,
        query,
        mailbox,
        ...(mailRoot === null ? {} : { mailRoot }),
      });
    return { provider, away: await this.#awayOf(() => provider.check()) };
  }

  /** Why the server cannot serve; empty when it can. Others than the administrator may read it. */
  async illness(): Promise<readonly string[]> {
    // One question at a time, so that health checks cannot take all connections of a database that hangs.
    const asked = this.#illness ??= this.#askIllness().finally(() => this.#illness = null);
    const late = Promise.withResolvers<readonly string[]>();
    using _limit = systemClock.after(HEALTH_MS, () => late.resolve([NO_ANSWER]));
    return await Promise.race([asked, late.promise]);
  }

  status(): DatabaseStatus {
    return { ...this.#database.status(), counts: this.#counters.counts() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bans?.[Symbol.dispose]();
    await this.#database[Symbol.asyncDispose]();
  }

  async #askIllness(): Promise<readonly string[]> {
    if (await this.#database.health() !== null) return [NO_ANSWER];
    try {
      await this.#lookAgain();
      return [];
    } catch {
      return ["the database answers, but not as the server needs it"];
    }
  }

  async #awayOf(check: () => Promise<void>): Promise<string | null> {
    try {
      await check();
      return null;
    } catch (error) {
      const away = await this.#database.health();
      const { isMistake, reason } = verdictOn(away ?? error, away !== null);
      if (isMistake) {
        const hint = "pop3svc check with the same options says more";
        throw CliError.environment(`--postgres, ${this.place}: ${reason}; ${hint}`, error);
      }
      this.#check = check;
      return reason;
    }
  }

  async #checkOnReturn(): Promise<void> {
    try {
      await this.#lookAgain();
    } catch (error) {
      this.#events(eventOf({ type: "error", connection: null, during: "postgres", error }));
    }
  }

  async #lookAgain(): Promise<void> {
    await this.#check?.();
    this.#check = null;
  }
}

/** A database that lets nobody in with this URL (SQLSTATE 28, 3D) answers; waiting helps nobody. */
function verdictOn(error: unknown, isAway: boolean): { isMistake: boolean; reason: string } {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return { isMistake: !isAway || /^(28|3D)...$/.test(code), reason: reasonOf(error) };
}
