/** A database that providers and ban engines share: its pool, its time limits, its events. */
import type { Happening, Pop3Events } from "../events/events.ts";
import { eventOf } from "../events/events.ts";
import { clockSetting } from "../settings/clock_setting.ts";
import {
  callback,
  checkedOptions,
  seconds,
  type SettingsTable,
  wholeNumber,
} from "../settings/setting.ts";
import { harmless } from "../telemetry/observers.ts";
import type { Clock } from "../time/clock.ts";
import type { BinaryRow } from "./client/copy_out.ts";
import type { Connection, Queries, TextRow, Value } from "./client/connection.ts";
import { Pool } from "./client/pool.ts";
import { parsePostgresUrl } from "./client/postgres_url.ts";

/** Options of a {@linkcode PostgresDatabase}. */
export interface PostgresDatabaseOptions {
  /** The most connections that are open at a time. 10 by default. */
  readonly connections?: number;
  /** The most queries that wait for a connection; others fail at once. 500 by default. */
  readonly waiting?: number;
  /** Seconds that a query waits for a connection. 5 by default. */
  readonly waitTimeout?: number;
  /** Seconds until a connection must be there. 3 by default. */
  readonly connectTimeout?: number;
  /** Seconds until a query must be answered; one that is not is cancelled. 30 by default. */
  readonly queryTimeout?: number;
  /** Receives queries, and that the database is away or back; give it the same function as the listener. */
  readonly onEvent?: Pop3Events;
  /** The clock; tests pass one that they move themselves. */
  readonly clock?: Clock;
}

const databaseSettings: SettingsTable<Required<PostgresDatabaseOptions>> = {
  connections: wholeNumber(1, 1_000, 10),
  waiting: wholeNumber(0, 1_000_000, 500),
  waitTimeout: seconds(0.1, 600, 5),
  connectTimeout: seconds(0.1, 600, 3),
  queryTimeout: seconds(0.1, 3_600, 30),
  onEvent: callback<Pop3Events>(() => {}),
  clock: clockSetting,
};

/** The pause before it is asked again whether the database is back. */
const PROBE_MS = 1_000;

/** What a database is doing. */
export interface PostgresStatus {
  /** Whether the last connection could be opened. */
  readonly isReachable: boolean;
  /** Connections that are open. */
  readonly open: number;
  /** Those that run a query. */
  readonly inUse: number;
  /** Queries that wait for a connection. */
  readonly waiting: number;
}

/** The queries of a database, for the files of this room. */
export let queriesOf: (database: PostgresDatabase) => Database;

/** Runs queries, each under a name for events. */
export interface Database {
  readonly clock: Clock;
  readonly emit: (event: Happening) => void;
  run<T>(operation: string, work: (queries: Queries) => Promise<T>): Promise<T>;
  query(operation: string, text: string, values?: readonly Value[]): Promise<readonly TextRow[]>;
}

/**
 * A PostgreSQL database. Queries run one at a time on each of a few connections, without named statements, so PgBouncer
 * may stand between in transaction mode.
 *
 * @example
 * ```ts
 * import { Pop3Listener } from "@pop3svc/pop3svc";
 * import { PostgresDatabase, PostgresProvider } from "@pop3svc/pop3svc/postgres";
 *
 * await using database = new PostgresDatabase("postgres://pop3svc:passw0rd@127.0.0.1/mail");
 * await using provider = new PostgresProvider(database);
 * await using pop3 = new Pop3Listener({ provider });
 * ```
 */
export class PostgresDatabase implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #queryMs: number;
  readonly #database: Database;

  static {
    queriesOf = (database) => database.#database;
  }

  /**
   * Makes a database; nothing is connected before the first query.
   *
   * @param url `postgres://user:password@host:5432/database`; TLS is required unless the host is this machine or the
   * URL says `sslmode=disable`
   * @throws {RangeError} for what is no URL of a database, or an option that is not allowed
   * @throws {TypeError} for an option of the wrong kind, or that there is not
   */
  constructor(url: string, options: PostgresDatabaseOptions = {}) {
    const checked = checkedOptions(databaseSettings, options);
    const { clock, onEvent } = checked;
    // What observes a query must not decide about its answer.
    const tell = harmless(onEvent, (error) => console.error("an event of the database:", error));
    const emit = (event: Happening) => tell(eventOf(event));
    this.#queryMs = 1_000 * checked.queryTimeout;
    const limits = {
      connections: checked.connections,
      waiting: checked.waiting,
      waitMs: 1_000 * checked.waitTimeout,
      connectMs: 1_000 * checked.connectTimeout,
      probeMs: PROBE_MS,
    };
    this.#pool = new Pool(parsePostgresUrl(url), limits, clock, (outage) =>
      emit({
        type: "store",
        isReachable: outage === null,
        ...(outage === null ? {} : { error: outage.cause }),
      }));
    this.#database = {
      clock,
      emit,
      run: (operation, work) => this.#run(operation, work),
      query: (operation, text, values) =>
        this.#run(operation, (queries) => queries.query(text, values)),
    };
  }

  /** What the database is doing; asks nothing of it. */
  status(): PostgresStatus {
    return { isReachable: !this.#pool.isAway, ...this.#pool.counts };
  }

  /**
   * Whether the database answers, for a health check.
   *
   * @returns null when it does; else why it does not
   */
  async health(): Promise<Error | null> {
    try {
      await this.#database.query("health", "select 1");
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  async #run<T>(operation: string, work: (queries: Queries) => Promise<T>): Promise<T> {
    const { clock, emit } = this.#database;
    const askedAt = clock.now();
    let startedAt = askedAt;
    let isOk = false;
    try {
      const connection = await this.#pool.acquire();
      startedAt = clock.now();
      try {
        const answer = await work(
          new TimedQueries(connection, this.#database.clock, this.#queryMs),
        );
        isOk = true;
        return answer;
      } finally {
        this.#pool.release(connection);
      }
    } finally {
      const endedAt = clock.now();
      emit({
        type: "store-query",
        operation,
        isOk,
        waitedMilliseconds: startedAt - askedAt,
        milliseconds: endedAt - startedAt,
        ...this.#pool.counts,
      });
    }
  }
}

/** The queries of a connection, each with a time limit. */
class TimedQueries implements Queries {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #milliseconds: number;

  constructor(connection: Connection, clock: Clock, milliseconds: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#milliseconds = milliseconds;
  }

  query(text: string, values?: readonly Value[]): Promise<readonly TextRow[]> {
    return this.#inTime(() => this.#connection.query(text, values));
  }

  copy(text: string): Promise<readonly BinaryRow[]> {
    return this.#inTime(() => this.#connection.copy(text));
  }

  script(text: string): Promise<void> {
    return this.#inTime(() => this.#connection.script(text));
  }

  async #inTime<T>(ask: () => Promise<T>): Promise<T> {
    let isLate = false;
    using _limit = this.#clock.after(this.#milliseconds, () => {
      isLate = true;
      void this.#connection.abandon();
    });
    try {
      return await ask();
    } catch (cause) {
      if (!isLate) throw cause;
      throw new Error(`the database had not answered after ${this.#milliseconds} ms`, { cause });
    }
  }
}
