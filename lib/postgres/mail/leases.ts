/**
 * The leases of this process. A lease keeps a mailbox for one session, across all processes. The database's clock decides
 * when it lapses; one statement renews all of them. One that has lapsed is never renewed, even if nobody took it.
 */
import type { Database, RunOptions } from "../postgres_database.ts";

/** A lease that a session holds. */
export interface Lease {
  /** Its fencing token: a deletion names it. */
  readonly token: string;
  readonly mailboxName: string;
  isLost: boolean;
}

/**
 * Renews the leases that sessions hold, and no others: one whose release did not reach the database must lapse. A row that
 * a slow deletion has locked is left alone, so that it cannot delay the leases of others.
 */
const RENEW = `with valid as (
    select mailbox, token from pop3svc.lease
      where holder = $1 and token = any($2::uuid[]) and expires_at > clock_timestamp()
  ), free as (
    select mailbox from pop3svc.lease
      where holder = $1 and token = any($2::uuid[]) and expires_at > clock_timestamp() for update skip locked
  ), renewed as (
    update pop3svc.lease set expires_at = clock_timestamp() + $3::interval
      where mailbox in (select mailbox from free)
  ) select token from valid`;

/** The pause after a renewal that has failed. */
const RETRY_MS = 1_000;

export class Leases implements Disposable {
  /** This process, as the holder of its leases. */
  readonly holder: string = crypto.randomUUID();
  /** How long a lease holds without a renewal, as PostgreSQL writes it. */
  readonly interval: string;
  readonly #database: Database;
  readonly #renewMs: number;
  /** A question that takes longer is asked again while the leases still hold, or left: they lapse by themselves. */
  readonly #limits: RunOptions;
  readonly #held = new Map<string, Lease>();
  #renewal: Disposable | null = null;

  constructor(database: Database, seconds: number) {
    this.#database = database;
    this.interval = `${seconds} seconds`;
    this.#renewMs = 1_000 * seconds / 3;
    const limitMs = this.#renewMs / 2;
    this.#limits = { queryMs: limitMs, waitMs: limitMs, isCancelled: false };
  }

  /** Renews a lease that the database has given, until it is released. */
  hold(lease: Lease): void {
    this.#held.set(lease.token, lease);
    this.#renewAfter(this.#renewMs);
  }

  /** @throws what the database throws; the lease lapses then by itself */
  async release({ token }: Lease): Promise<void> {
    this.#held.delete(token);
    if (this.#held.size === 0) this[Symbol.dispose]();
    const text = "delete from pop3svc.lease where token = $1";
    await this.#database.query("release", text, [token], this.#limits);
  }

  [Symbol.dispose](): void {
    this.#renewal?.[Symbol.dispose]();
    this.#renewal = null;
  }

  #renewAfter(milliseconds: number): void {
    this.#renewal ??= this.#database.clock.after(milliseconds, () => {
      this.#renewal = null;
      void this.#renew();
    });
  }

  async #renew(): Promise<void> {
    // One that is taken while the database answers is not in the answer.
    const asked = [...this.#held.values()];
    const tokens = asked.map(({ token }) => token);
    const limits = { ...this.#limits, isUrgent: true };
    let next = this.#renewMs;
    try {
      const values = [this.holder, tokens, this.interval];
      const rows = await this.#database.query("renew", RENEW, values, limits);
      const valid = new Set(rows.map(([token]) => token));
      for (const lease of asked) {
        if (!valid.has(lease.token) && this.#held.has(lease.token)) this.#lose(lease);
      }
    } catch {
      // The event of the query says so. What has lapsed by then is found at the next renewal.
      this[Symbol.dispose]();
      next = Math.min(RETRY_MS, this.#renewMs / 2);
    }
    if (this.#held.size > 0) this.#renewAfter(next);
  }

  #lose(lease: Lease): void {
    lease.isLost = true;
    this.#held.delete(lease.token);
    this.#database.emit({ type: "lease-lost", mailbox: lease.mailboxName });
  }
}
