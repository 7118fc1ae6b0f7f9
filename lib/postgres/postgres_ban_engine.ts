/** Bans that all processes share: each has a `StrikeBanEngine`, and tells the others of its strikes by the database. */
import type { BanEngine, BanStanding } from "../guard/ban_engine.ts";
import {
  type Ban,
  StrikeBanEngine,
  type StrikeBanEngineOptions,
} from "../guard/strike_ban_engine.ts";
import type { Clock } from "../time/clock.ts";
import { type Database, type PostgresDatabase, queriesOf } from "./postgres_database.ts";

/** How often a process asks for the strikes of the others. */
const POLL_MS = 2_000;
/** How far it looks back: a strike becomes visible when its transaction ends. */
const OVERLAP_SECONDS = 10;
/** How many rows are read at a time; many more come only from an attack, and then the newest count. */
const MOST_ROWS = 10_000;

const DEFAULT_SECONDS = 10_000;

/**
 * Bans an address on all machines after three failed attempts, within seconds of the third. The rules are those of
 * {@linkcode StrikeBanEngine}. A login asks nothing of the database: every two seconds, a process reads the strikes that
 * the others have counted. While the database is away, each process goes on with the bans that it knows.
 *
 * @example
 * ```ts
 * import { Pop3Listener } from "@pop3svc/pop3svc";
 * import { PostgresBanEngine, PostgresDatabase } from "@pop3svc/pop3svc/postgres";
 *
 * await using database = new PostgresDatabase("postgres://pop3svc:passw0rd@127.0.0.1/mail");
 * using banEngine = new PostgresBanEngine(database);
 * await using pop3 = new Pop3Listener({ banEngine });
 * ```
 */
export class PostgresBanEngine implements BanEngine, Disposable {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #engine: StrikeBanEngine;
  readonly #seconds: number;
  readonly #holder = crypto.randomUUID();
  /** The rows that were read lately, by id, each with the poll that read it last. */
  readonly #known = new Map<string, number>();
  /** How long ago the strike was that is counted now. */
  #ageMs = 0;
  #polls = 0;
  /** When the strikes of the others were read last; null before the first time. */
  #readAt: number | null = null;
  #next: Disposable | null = null;

  /**
   * Makes an engine, which reads the strikes that are known.
   *
   * @throws {RangeError} for an option that is not allowed
   * @throws {TypeError} for one of the wrong kind, or that there is not
   */
  constructor(database: PostgresDatabase, options: StrikeBanEngineOptions = {}) {
    this.#database = queriesOf(database);
    const clock = options.clock ?? this.#database.clock;
    this.#clock = clock;
    const past: Clock = {
      now: () => clock.now() - this.#ageMs,
      after: (milliseconds, callback) => clock.after(milliseconds, callback),
    };
    this.#engine = new StrikeBanEngine({ ...options, clock: past });
    this.#seconds = options.seconds ?? DEFAULT_SECONDS;
    this.#pollAfter(0);
  }

  /** Whether every login from this address is refused. */
  isBanned(address: string): boolean {
    return this.#engine.isBanned(address);
  }

  /** The ban of an address, and the strikes that it and its /48 have left. */
  standingOf(address: string): BanStanding {
    return this.#engine.standingOf(address);
  }

  /** Counts a failed attempt here at once, and on the other machines within seconds. */
  async registerFailedAttempt(address: string, attempt: string | null): Promise<void> {
    this.#engine.registerFailedAttempt(address, attempt);
    await this.#tell(address, attempt, false);
  }

  /** The present bans. */
  bans(): Ban[] {
    return this.#engine.bans();
  }

  /**
   * Lifts a ban, as {@linkcode StrikeBanEngine.lift} does, on all machines.
   *
   * @returns whether it was banned here
   */
  async lift(address: string): Promise<boolean> {
    const wasBanned = this.#engine.lift(address);
    await this.#tell(address, null, true);
    return wasBanned;
  }

  /** Reads what the other processes have counted since the last time. */
  async refresh(): Promise<void> {
    const now = this.#clock.now();
    // What others have counted while this process was cut off is read now. While the database itself is away, nobody can
    // write: strikes of then count only in the process that saw them.
    const missed = this.#readAt === null ? Infinity : (now - this.#readAt) / 1_000;
    const within = Math.min(this.#seconds, missed + OVERLAP_SECONDS);
    this.#polls++;
    const rows = await this.#database.query(
      "bans",
      `select id, address, attempt, is_lift, extract(epoch from clock_timestamp() - at) * 1000
        from (select * from pop3svc.strike where at > clock_timestamp() - $2::float8 * interval '1 second'
          and holder <> $1 order by at desc limit ${MOST_ROWS}) as newest order by at, id`,
      [this.#holder, within],
    );
    for (const [id = null, address = null, attempt = null, isLift, age] of rows) {
      if (id === null || address === null) continue;
      const isNew = !this.#known.has(id);
      this.#known.set(id, this.#polls);
      if (isNew) this.#count(address, attempt, isLift === "t", Number(age));
    }
    this.#readAt = now;
    for (const [id, poll] of this.#known) if (poll < this.#polls) this.#known.delete(id);
    if (this.#polls % 100 === 1) {
      await this.#database.query(
        "bans",
        "delete from pop3svc.strike where at < clock_timestamp() - $1::float8 * interval '1 second'",
        [this.#seconds],
      );
    }
  }

  /** Ends the polling. */
  [Symbol.dispose](): void {
    this.#next?.[Symbol.dispose]();
    this.#next = null;
  }

  #count(address: string, attempt: string | null, isLift: boolean, ageMs: number): void {
    this.#ageMs = Math.max(0, ageMs);
    try {
      if (isLift) this.#engine.lift(address);
      else this.#engine.registerFailedAttempt(address, attempt);
    } finally {
      this.#ageMs = 0;
    }
  }

  /** The event of the query says it when the database is away; the strike counts here all the same. */
  async #tell(address: string, attempt: string | null, isLift: boolean): Promise<void> {
    try {
      await this.#database.query(
        "bans",
        "insert into pop3svc.strike (holder, address, attempt, is_lift) values ($1, $2, $3, $4)",
        [this.#holder, address, attempt, isLift],
      );
    } catch {
      // Bans are not worth an error to a client.
    }
  }

  #pollAfter(milliseconds: number): void {
    this.#next = this.#clock.after(milliseconds, () => {
      const next = this.#next;
      this.refresh().catch(() => {}).finally(() => {
        // Unless it was disposed of meanwhile.
        if (this.#next !== null && this.#next === next) this.#pollAfter(POLL_MS);
      });
    });
  }
}
