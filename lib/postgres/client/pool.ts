/**
 * A bounded pool of connections. What waits for a connection is bounded, in number and in time.
 *
 * While the database is away, everybody hears so at once: one probe at a time, with a pause before the next, finds out
 * when it is back, and nobody waits for it. A server that is only full is not away: those wait who would have opened one
 * more connection.
 */
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { Clock } from "../../time/clock.ts";
import { Connection, sqlStateOf } from "./connection.ts";
import type { PostgresTarget } from "./postgres_url.ts";

/** What a pool keeps to. */
export interface PoolLimits {
  readonly connections: number;
  readonly waiting: number;
  readonly waitMs: number;
  readonly connectMs: number;
  readonly probeMs: number;
}

interface Waiter {
  readonly take: (connection: Connection) => void;
  readonly fail: (error: Error) => void;
  /** Whether it waits no longer. */
  isOver: boolean;
}

/** The database is away. */
interface Outage {
  readonly cause: unknown;
  probe: Disposable | null;
}

const TOO_MANY_CONNECTIONS = "53300";

export class Pool implements AsyncDisposable {
  readonly #target: PostgresTarget;
  readonly #limits: PoolLimits;
  readonly #clock: Clock;
  readonly #changed: (outage: { readonly cause: unknown } | null) => void;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #waiters = new Set<Waiter>();
  #opening = 0;
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
  }

  get counts(): { readonly open: number; readonly inUse: number; readonly waiting: number } {
    const inUse = this.#busy.size;
    return { open: this.#idle.length + inUse, inUse, waiting: this.#waiters.size };
  }

  get isAway(): boolean {
    return this.#outage !== null;
  }

  /** @throws {Pop3ResponseError} `[SYS/TEMP]` when the database is away, or too many wait */
  async acquire(): Promise<Connection> {
    if (this.#isClosed) throw new Error("the database was closed");
    if (this.#outage !== null) throw away(this.#outage.cause);
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable) return this.#use(idle);
      await idle.close();
    }
    if (this.#mayOpen) return await this.#open() ?? await this.acquire();
    if (this.#waiters.size >= this.#limits.waiting) throw busy("too many wait for a connection");
    return await this.#wait();
  }

  release(connection: Connection): void {
    this.#busy.delete(connection);
    const isKept = connection.isUsable && !this.#isClosed;
    if (!isKept) connection.close().catch(() => {});
    const [waiter] = this.#waiters;
    if (waiter !== undefined) {
      this.#waiters.delete(waiter);
      if (isKept) waiter.take(this.#use(connection));
      else this.#openFor(waiter).catch(waiter.fail);
    } else if (isKept) this.#idle.push(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#outage?.probe?.[Symbol.dispose]();
    this.#failWaiters(new Error("the database was closed"));
    await Promise.allSettled([
      ...[...this.#busy].map((connection) => connection.abandon()),
      ...this.#idle.splice(0).map((connection) => connection.close()),
    ]);
  }

  #use(connection: Connection): Connection {
    this.#busy.add(connection);
    return connection;
  }

  get #mayOpen(): boolean {
    const mine = this.#busy.size + this.#opening;
    return mine < this.#limits.connections && (mine === 0 || this.#clock.now() >= this.#fullUntil);
  }

  /** @returns null when the server has room for no more connections than those that are open here */
  async #open(): Promise<Connection | null> {
    this.#opening++;
    try {
      const connection = await Connection.open(this.#target, this.#limits.connectMs);
      if (!this.#isClosed) return this.#use(connection);
      await connection.close();
      throw new Error("the database was closed");
    } catch (cause) {
      const others = this.#busy.size + this.#idle.length + this.#opening - 1;
      if (sqlStateOf(cause) === TOO_MANY_CONNECTIONS && others > 0) {
        this.#fullUntil = this.#clock.now() + this.#limits.probeMs;
        return null;
      }
      this.#beginOutage(cause);
      throw away(cause);
    } finally {
      this.#opening--;
    }
  }

  async #openFor(waiter: Waiter): Promise<void> {
    const connection = await this.#open() ?? await this.acquire();
    if (waiter.isOver) this.release(connection);
    else waiter.take(connection);
  }

  async #wait(): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const waiter: Waiter = { take: resolve, fail: reject, isOver: false };
    this.#waiters.add(waiter);
    using _patience = this.#clock.after(this.#limits.waitMs, () => {
      this.#waiters.delete(waiter);
      waiter.isOver = true;
      reject(busy("no connection became free in time"));
    });
    return await promise;
  }

  #beginOutage(cause: unknown): void {
    if (this.#outage !== null || this.#isClosed) return;
    this.#outage = { cause, probe: null };
    // They lead to the server that has gone.
    for (const idle of this.#idle.splice(0)) idle.close().catch(() => {});
    this.#failWaiters(away(cause));
    this.#changed({ cause });
    this.#probeLater(this.#outage);
  }

  #probeLater(outage: Outage): void {
    outage.probe = this.#clock.after(this.#limits.probeMs, () => void this.#probe(outage));
  }

  async #probe(outage: Outage): Promise<void> {
    try {
      const connection = await Connection.open(this.#target, this.#limits.connectMs);
      if (this.#isClosed) return await connection.close();
      this.#outage = null;
      this.#idle.push(connection);
      this.#changed(null);
    } catch {
      if (!this.#isClosed) this.#probeLater(outage);
    }
  }

  #failWaiters(error: Error): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const { fail } of waiters) fail(error);
  }
}

function away(cause: unknown): Pop3ResponseError {
  return new Pop3ResponseError("The mail store cannot be reached now. Try again later.", {
    code: "SYS/TEMP",
    cause,
  });
}

function busy(reason: string): Pop3ResponseError {
  return new Pop3ResponseError("The mail store is busy. Try again later.", {
    code: "SYS/TEMP",
    cause: new Error(reason),
  });
}
