/** Who waits for a connection, in order; urgent ones come before all others. */
import type { Clock } from "../../time/clock.ts";
import type { Connection } from "./connection.ts";

/** A query that waits. */
export interface Waiter {
  readonly take: (connection: Connection) => void;
  readonly fail: (error: Error) => void;
  /** Whether it waits no longer. */
  isOver: boolean;
}

export class Waiters {
  readonly #clock: Clock;
  readonly #urgent = new Set<Waiter>();
  readonly #others = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#urgent.size + this.#others.size;
  }

  /** @throws what `late` makes, when the time is over */
  async wait(milliseconds: number, isUrgent: boolean, late: () => Error): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const waiter: Waiter = { take: resolve, fail: reject, isOver: false };
    const queue = isUrgent ? this.#urgent : this.#others;
    queue.add(waiter);
    using _patience = this.#clock.after(milliseconds, () => {
      queue.delete(waiter);
      waiter.isOver = true;
      reject(late());
    });
    return await promise;
  }

  /** Removes the first one; null for none. */
  next(): Waiter | null {
    for (const queue of [this.#urgent, this.#others]) {
      const [waiter] = queue;
      if (waiter !== undefined) {
        queue.delete(waiter);
        return waiter;
      }
    }
    return null;
  }

  failAll(error: Error): void {
    for (let waiter = this.next(); waiter !== null; waiter = this.next()) waiter.fail(error);
  }
}
