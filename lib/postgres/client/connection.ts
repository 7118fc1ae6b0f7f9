/** One connection to the database, over npm:pg. It runs one query at a time. */
// @ts-types="./pg_types.d.ts"
import pg from "pg";
import type { Clock } from "../../time/clock.ts";
import { cancelQuery } from "./cancel_query.ts";
import { type BinaryRow, CopyOut } from "./copy_out.ts";
import type { PostgresTarget } from "./postgres_url.ts";
import type { Client } from "./pg_types.d.ts";

/** The fields of a row as the server writes them; null for NULL. */
export type TextRow = readonly (string | null)[];

/** A value for a `$1` of a query. */
export type Value = string | number | boolean | Uint8Array | null | readonly string[];

/** What can be asked of the database. */
export interface Queries {
  query(text: string, values?: readonly Value[]): Promise<readonly TextRow[]>;
  /** @param text a SELECT that becomes a COPY, which takes no values: quote with {@linkcode literal} */
  copy(text: string): Promise<readonly BinaryRow[]>;
  /** Runs several statements, without values and without rows. */
  script(text: string): Promise<void>;
}

/** When the system begins to ask whether the other side of an idle connection is still there. */
const KEEP_ALIVE_MS = 30_000;

const asText = { getTypeParser: () => (value: string) => value };

export class Connection implements Queries {
  readonly #client: Client;
  readonly #target: PostgresTarget;
  /** How long it may take to open a connection. */
  readonly #milliseconds: number;
  readonly #clock: Clock;
  #isUsable = true;
  #askedAt: number;
  #answeredAt: number;
  #abandoning: Promise<void> | null = null;

  private constructor(client: Client, target: PostgresTarget, milliseconds: number, clock: Clock) {
    this.#client = client;
    this.#target = target;
    this.#milliseconds = milliseconds;
    this.#clock = clock;
    this.#askedAt = this.#answeredAt = clock.now();
    // Without a listener, an error of an idle connection would end the process. The pool sees it by `isUsable`.
    client.on("error", () => this.#isUsable = false);
    client.on("end", () => this.#isUsable = false);
  }

  /** @throws when no connection is there after these milliseconds */
  static async open(
    target: PostgresTarget,
    milliseconds: number,
    clock: Clock,
  ): Promise<Connection> {
    const { host, port, user, password, database, tls } = target;
    const client = new pg.Client({
      host,
      port,
      user,
      // As a function: npm:pg takes an empty one from PGPASSWORD or ~/.pgpass.
      password: () => password,
      database,
      // What is given here is not looked up in the environment.
      application_name: "pop3svc",
      client_encoding: "UTF8",
      sslnegotiation: "postgres",
      ssl: tls === null ? false : {
        servername: host,
        ...(tls.authorities === null ? {} : { ca: tls.authorities }),
      },
      connectionTimeoutMillis: milliseconds,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      types: asText,
    });
    // These two have no other way not to come from PGREPLICATION and PGOPTIONS.
    client.connectionParameters.replication = undefined;
    client.connectionParameters.options = undefined;
    const connection = new Connection(client, target, milliseconds, clock);
    try {
      await client.connect();
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
    connection.#answeredAt = clock.now();
    return connection;
  }

  /** Whether another query can be run. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** When the server said something last. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** When the query was asked that was given up; null for none. */
  get silentSince(): number | null {
    return this.#abandoning === null ? null : this.#askedAt;
  }

  async query(text: string, values: readonly Value[] = []): Promise<readonly TextRow[]> {
    const ask = () => this.#client.query({ text, values, rowMode: "array" });
    return (await this.#watched(ask)).rows;
  }

  async copy(text: string): Promise<readonly BinaryRow[]> {
    const copy = new CopyOut(`copy (${text}) to stdout (format binary)`);
    return await this.#watched(() => {
      this.#client.query(copy);
      return copy.rows;
    });
  }

  async script(text: string): Promise<void> {
    await this.#watched(() => this.#client.query(text));
  }

  /**
   * Ends the query that runs, and the connection with it. A server that is silent is not waited for.
   *
   * @param isCancelled whether the server is asked to stop the query
   */
  abandon(isCancelled = true): Promise<void> {
    this.#isUsable = false;
    return this.#abandoning ??= isCancelled ? this.#cancel() : this.#destroy();
  }

  #destroy(): Promise<void> {
    this.#client.connection.stream.destroy();
    return Promise.resolve();
  }

  async #cancel(): Promise<void> {
    const { processID, secretKey } = this.#client;
    try {
      if (processID === null || secretKey === null) return;
      // Else the server would go on with a query that nobody waits for. It must be asked before the connection ends:
      // PgBouncer passes nothing on for one that it does not have any more.
      await cancelQuery(
        this.#target,
        processID,
        secretKey,
        AbortSignal.timeout(this.#milliseconds),
      );
    } catch {
      // It ends by itself when the server notices that nobody is there.
    } finally {
      this.#client.connection.stream.destroy();
    }
  }

  /** Ends the connection when its query is done. A server that is silent is not waited for longer than at the start. */
  async close(): Promise<void> {
    if (this.#abandoning !== null) return await this.#abandoning;
    const wasUsable = this.#isUsable;
    this.#isUsable = false;
    const destroy = () => this.#client.connection.stream.destroy();
    if (!wasUsable) return destroy();
    const patience = setTimeout(destroy, this.#milliseconds);
    await this.#client.end();
    clearTimeout(patience);
  }

  async #watched<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.#isUsable) throw new Error("the connection to the database has ended");
    this.#askedAt = this.#clock.now();
    try {
      const answer = await ask();
      this.#answeredAt = this.#clock.now();
      return answer;
    } catch (error) {
      if (isOfTheConnection(error)) {
        this.#isUsable = false;
        // While it is asked to stop, the connection must stay.
        if (this.#abandoning === null) this.#client.connection.stream.destroy();
      } else this.#answeredAt = this.#clock.now();
      throw error;
    }
  }
}

/** A text as a literal of SQL, whatever `standard_conforming_strings` says. */
export function literal(text: string): string {
  return `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/**
 * Whether the error ends the connection, or says that this server cannot serve: it stops or starts (57P), it has no
 * room (53), it is a standby since a failover (25006), it does not let us in (28, 3D), or it said nothing.
 */
function isOfTheConnection(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === null || /^(08|53|57P|25006|28|3D)/.test(state);
}

/**
 * Whether the server has refused a statement for certain: an error that ends the statement only. After one that ends the
 * connection, or without any answer, nobody knows yet.
 */
export function isRefusal(error: unknown): boolean {
  const state = sqlStateOf(error);
  const isFatal = error instanceof Error && "severity" in error && error.severity !== "ERROR";
  return state !== null && !isFatal && !/^(08|57P|40003)/.test(state);
}

/** The SQLSTATE of an error of the server; null for any other error. */
export function sqlStateOf(error: unknown): string | null {
  return error instanceof Error && "severity" in error && "code" in error &&
      typeof error.code === "string"
    ? error.code
    : null;
}
