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
import type { Queries, TextRow, Value } from "./client/connection.ts";
import { type AcquireOptions, Pool } from "./client/pool.ts";
import { parsePostgresUrl } from "./client/postgres_url.ts";
import { TimedQueries } from "./client/timed_queries.ts";

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

/** What is different for some queries. */
export interface RunOptions extends AcquireOptions {
  /** How long each query may take; as the database says by default. */
  readonly queryMs?: number;
  /**
   * Whether the server is asked to stop a query that is late; true by default. One that costs little is only left: PgBouncer
   * 1.18 has crashed when several such questions were open at a time.
   */
  readonly isCancelled?: boolean;
}

/** Runs queries, each under a name for events. */
export interface Database {
  readonly clock: Clock;
  readonly emit: (event: Happening) => void;
  /** How long a query may take. */
  readonly queryMs: number;
  run<T>(
    operation: string,
    work: (queries: Queries) => Promise<T>,
    options?: RunOptions,
  ): Promise<T>;
  query(
    operation: string,
    text: string,
    values?: readonly Value[],
    options?: RunOptions,
  ): Promise<readonly TextRow[]>;
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
  readonly #connectMs: number;
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
    this.#connectMs = 1_000 * checked.connectTimeout;
    const limits = {
      connections: checked.connections,
      waiting: checked.waiting,
      waitMs: 1_000 * checked.waitTimeout,
      connectMs: this.#connectMs,
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
      queryMs: 1_000 * checked.queryTimeout,
      run: (operation, work, options) => this.#run(operation, work, options),
      query: (operation, text, values, options) =>
        this.#run(operation, (queries) => queries.query(text, values), options),
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
      // A silent network is noticed by it, and long before the time limit of a query.
      const queryMs = Math.min(this.#connectMs, this.#database.queryMs);
      await this.#database.query("health", "select 1", [], { queryMs, isCancelled: false });
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  async #run<T>(
    operation: string,
    work: (queries: Queries) => Promise<T>,
    options: RunOptions = {},
  ): Promise<T> {
    const { clock, emit } = this.#database;
    const { queryMs = this.#database.queryMs, isCancelled = true } = options;
    const askedAt = clock.now();
    let startedAt = askedAt;
    let isOk = false;
    try {
      const connection = await this.#pool.acquire(options);
      startedAt = clock.now();
      try {
        const answer = await work(new TimedQueries(connection, clock, queryMs, isCancelled));
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
