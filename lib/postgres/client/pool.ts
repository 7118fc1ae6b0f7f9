/**
 * A bounded pool of connections. What waits for a connection is bounded, in number and in time.
 *
 * While the database is away, everybody hears so at once: one probe at a time, with a pause before the next, finds out
 * when it is back, and nobody waits for it. A database that serves other connections is not away when one cannot be opened:
 * those wait who would have opened one more.
 */
import type { Clock } from "../../time/clock.ts";
import { Connection, sqlStateOf } from "./connection.ts";
import { away, busy, DatabaseClosedError } from "./pool_errors.ts";
import type { PostgresTarget } from "./postgres_url.ts";
import { type Waiter, Waiters } from "./waiters.ts";

/** What a pool keeps to. */
export interface PoolLimits {
  readonly connections: number;
  readonly waiting: number;
  readonly waitMs: number;
  readonly connectMs: number;
  readonly probeMs: number;
}

/** How a connection is asked for. */
export interface AcquireOptions {
  /** How long it is waited for; as the pool says by default. */
  readonly waitMs?: number;
  /** Whether it comes before all others that wait. */
  readonly isUrgent?: boolean;
}

/** The database is away. */
interface Outage {
  readonly cause: unknown;
  readonly since: number;
  probe: Disposable | null;
}

const TOO_MANY_CONNECTIONS = "53300";
/** A connection that was idle for longer is not used again: what is between may have forgotten it. */
const IDLE_MS = 300_000;

export class Pool implements AsyncDisposable {
  readonly #target: PostgresTarget;
  readonly #limits: PoolLimits;
  readonly #clock: Clock;
  readonly #changed: (outage: { readonly cause: unknown } | null) => void;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #closing = new Set<Promise<void>>();
  readonly #waiters: Waiters;
  #opening = 0;
  #ending = 0;
  /** Until when no more connections are opened beside those that are there, since the server had no room. */
  #fullUntil = -Infinity;
  #outage: Outage | null = null;
  #isClosed = false;

  /** @param changed called when the database goes away, and with null when it is back */
  constructor(
    target: PostgresTarget,
    limits: PoolLimits,
    clock: Clock,
    changed: (outage: { readonly cause: unknown } | null) => void,
  ) {
    this.#target = target;
    this.#limits = limits;
    this.#clock = clock;
    this.#changed = changed;
    this.#waiters = new Waiters(clock);
  }

  get counts(): { readonly open: number; readonly inUse: number; readonly waiting: number } {
    const inUse = this.#busy.size;
    return { open: this.#idle.length + inUse, inUse, waiting: this.#waiters.size };
  }

  get isAway(): boolean {
    return this.#outage !== null;
  }

  /**
   * @throws {Pop3ResponseError} `[SYS/TEMP]` when the database is away, or too many wait
   * @throws {DatabaseClosedError}
   */
  async acquire(options: AcquireOptions = {}): Promise<Connection> {
    if (this.#isClosed) throw new DatabaseClosedError();
    if (this.#outage !== null) throw away(this.#outage.cause);
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable && this.#hasAnsweredSince(this.#clock.now() - IDLE_MS)(idle)) {
        return this.#use(idle);
      }
      this.#close(idle);
    }
    if (this.#mayOpen) return await this.#open() ?? await this.acquire(options);
    const { waitMs = this.#limits.waitMs, isUrgent = false } = options;
    if (!isUrgent && this.#waiters.size >= this.#limits.waiting) {
      throw busy("too many wait for a connection");
    }
    const late = () => busy("no connection became free in time");
    return await this.#waiters.wait(waitMs, isUrgent, late);
  }

  release(connection: Connection): void {
    this.#busy.delete(connection);
    if (connection.isUsable && !this.#isClosed) {
      this.#endOutageBy(connection);
      const waiter = this.#waiters.next();
      if (waiter !== null) waiter.take(this.#use(connection));
      else this.#idle.push(connection);
      return;
    }
    const isDoubtful = connection.silentSince !== null && this.#doubt(connection.silentSince);
    // Until it has ended, it has its place among the connections.
    this.#ending++;
    void this.#close(connection).then(() => {
      this.#ending--;
      const waiter = this.#mayOpen ? this.#waiters.next() : null;
      if (waiter !== null) this.#openFor(waiter).catch(waiter.fail);
      else if (isDoubtful) void this.#tryToOpen();
    });
    if (isDoubtful) void this.#tryToOpen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#outage?.probe?.[Symbol.dispose]();
    this.#waiters.failAll(new DatabaseClosedError());
    for (const idle of this.#idle.splice(0)) this.#close(idle);
    await Promise.allSettled([
      ...[...this.#busy].map((connection) => connection.abandon()),
      ...this.#closing,
    ]);
  }

  #use(connection: Connection): Connection {
    this.#busy.add(connection);
    return connection;
  }

  #close(connection: Connection): Promise<void> {
    const closing = connection.close().catch(() => {}).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return closing;
  }

  #hasAnsweredSince(time: number): (connection: Connection) => boolean {
    return (connection) => connection.isUsable && connection.answeredAt > time;
  }

  get #mayOpen(): boolean {
    const mine = this.#busy.size + this.#opening + this.#ending;
    return mine < this.#limits.connections && (mine === 0 || this.#clock.now() >= this.#fullUntil);
  }

  /** @returns null when there can be no more connections now than those that are open here */
  async #open(): Promise<Connection | null> {
    this.#opening++;
    const askedAt = this.#clock.now();
    try {
      const connection = await this.#connect();
      if (!this.#isClosed) return this.#use(connection);
      await connection.close();
      throw new DatabaseClosedError();
    } catch (cause) {
      if (cause instanceof DatabaseClosedError) throw cause;
      if (this.#isOnlyFull(cause, askedAt)) {
        this.#fullUntil = this.#clock.now() + this.#limits.probeMs;
        return null;
      }
      this.#beginOutage(cause);
      throw away(cause);
    } finally {
      this.#opening--;
    }
  }

  #connect(): Promise<Connection> {
    return Connection.open(this.#target, this.#limits.connectMs, this.#clock);
  }

  /** Whether the database serves others, although it has refused a connection, or not answered it in time. */
  #isOnlyFull(cause: unknown, askedAt: number): boolean {
    const others = [...this.#busy, ...this.#idle];
    if (sqlStateOf(cause) === TOO_MANY_CONNECTIONS) return others.length + this.#opening > 1;
    // What has answered a moment before counts, too: a refusal comes at once.
    return others.some(this.#hasAnsweredSince(askedAt - this.#limits.probeMs));
  }

  async #openFor(waiter: Waiter): Promise<void> {
    const connection = await this.#open() ?? await this.acquire();
    if (waiter.isOver) this.release(connection);
    else waiter.take(connection);
  }

  /** Closes what is idle and has not answered since a query that had no answer. @returns whether nothing has */
  #doubt(askedAt: number): boolean {
    const isSound = this.#hasAnsweredSince(askedAt);
    for (const idle of this.#idle.splice(0)) {
      if (isSound(idle)) this.#idle.push(idle);
      else this.#close(idle);
    }
    return this.#idle.length === 0 && ![...this.#busy].some(isSound);
  }

  /** If it fails, others hear at once that the database is away. */
  async #tryToOpen(): Promise<void> {
    if (this.#outage !== null || this.#isClosed || this.#idle.length > 0 || !this.#mayOpen) return;
    try {
      const connection = await this.#open();
      if (connection !== null) this.release(connection);
    } catch {
      // The outage has begun.
    }
  }

  #beginOutage(cause: unknown): void {
    if (this.#outage !== null || this.#isClosed) return;
    this.#outage = { cause, since: this.#clock.now(), probe: null };
    // They lead to the server that has gone.
    for (const idle of this.#idle.splice(0)) this.#close(idle);
    this.#waiters.failAll(away(cause));
    this.#changed({ cause });
    this.#probeLater(this.#outage);
  }

  /** A connection that answers shows that the database is not away. */
  #endOutageBy(connection: Connection): void {
    if (this.#outage === null || connection.answeredAt <= this.#outage.since) return;
    this.#outage.probe?.[Symbol.dispose]();
    this.#outage = null;
    this.#changed(null);
  }

  #probeLater(outage: Outage): void {
    outage.probe = this.#clock.after(this.#limits.probeMs, () => void this.#probe(outage));
  }

  async #probe(outage: Outage): Promise<void> {
    try {
      const connection = await this.#connect();
      if (this.#isClosed) return await connection.close();
      this.release(connection);
    } catch {
      // The outage goes on, and so do the probes.
    }
    // A connection may be lost at the moment in which it is opened: a server that stops accepts some, and ends them.
    if (!this.#isClosed && this.#outage === outage) this.#probeLater(outage);
  }
}
