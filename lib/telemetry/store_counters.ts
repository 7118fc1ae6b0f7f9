/** Counts the queries of a database, for the admin port. */
import type { Pop3Event } from "../events/events.ts";

/** What was counted since the start; queries by what they were for. */
export interface StoreCounts {
  /** Queries that were answered. */
  readonly answered: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /** How long all of them took, without the wait for a connection. */
  readonly seconds: Readonly<Record<string, number>>;
  /** How long queries waited for a connection. */
  readonly waitSeconds: number;
  /** Sessions that have lost their leases. */
  readonly leasesLost: number;
}

export class StoreCounters {
  readonly #answered = new Map<string, number>();
  readonly #failed = new Map<string, number>();
  readonly #milliseconds = new Map<string, number>();
  #waitMilliseconds = 0;
  #leasesLost = 0;

  observe(event: Pop3Event): void {
    if (event.type === "lease-lost") this.#leasesLost++;
    if (event.type !== "store-query") return;
    const { operation, isOk, milliseconds, waitedMilliseconds } = event;
    increase(isOk ? this.#answered : this.#failed, operation, 1);
    increase(this.#milliseconds, operation, milliseconds);
    this.#waitMilliseconds += waitedMilliseconds;
  }

  counts(): StoreCounts {
    const seconds = [...this.#milliseconds].map(([name, sum]) => [name, sum / 1_000] as const);
    return {
      answered: Object.fromEntries(this.#answered),
      failed: Object.fromEntries(this.#failed),
      seconds: Object.fromEntries(seconds),
      waitSeconds: this.#waitMilliseconds / 1_000,
      leasesLost: this.#leasesLost,
    };
  }
}

function increase(sums: Map<string, number>, key: string, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by);
}
