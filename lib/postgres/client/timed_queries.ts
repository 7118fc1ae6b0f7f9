/** The queries of a connection, each with a time limit. One that is late is given up, and its connection with it. */
import type { Clock } from "../../time/clock.ts";
import type { Connection, Queries, TextRow, Value } from "./connection.ts";
import type { BinaryRow } from "./copy_out.ts";

export class TimedQueries implements Queries {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #isCancelled: boolean;

  /** @param isCancelled whether the server is asked to stop a query that is late */
  constructor(connection: Connection, clock: Clock, milliseconds: number, isCancelled: boolean) {
    this.#connection = connection;
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.#isCancelled = isCancelled;
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

  /** The caller does not wait until a server that may be silent has been asked to stop. */
  async #inTime<T>(ask: () => Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    using _limit = this.#clock.after(this.#milliseconds, () => {
      void this.#connection.abandon(this.#isCancelled);
      reject(new Error(`the database had not answered after ${this.#milliseconds} ms`));
    });
    return await Promise.race([ask(), late]);
  }
}
