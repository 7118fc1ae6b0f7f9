/** One connection to the database, over npm:pg. It runs one query at a time. */
// @ts-types="./pg_types.d.ts"
import pg from "pg";
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

const asText = { getTypeParser: () => (value: string) => value };

export class Connection implements Queries {
  readonly #client: Client;
  readonly #target: PostgresTarget;
  /** How long it may take to open a connection. */
  readonly #milliseconds: number;
  #isUsable = true;

  private constructor(client: Client, target: PostgresTarget, milliseconds: number) {
    this.#client = client;
    this.#target = target;
    this.#milliseconds = milliseconds;
    // Without a listener, an error of an idle connection would end the process. The pool sees it by `isUsable`.
    client.on("error", () => this.#isUsable = false);
    client.on("end", () => this.#isUsable = false);
  }

  /** @throws when no connection is there after these milliseconds */
  static async open(target: PostgresTarget, milliseconds: number): Promise<Connection> {
    const { host, port, user, password, database, tls } = target;
    const client = new pg.Client({
      host,
      port,
      user,
      password,
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
      types: asText,
    });
    // These two have no other way not to come from PGREPLICATION and PGOPTIONS.
    client.connectionParameters.replication = undefined;
    client.connectionParameters.options = undefined;
    const connection = new Connection(client, target, milliseconds);
    try {
      await client.connect();
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
    return connection;
  }

  /** Whether another query can be run. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  async query(text: string, values: readonly Value[] = []): Promise<readonly TextRow[]> {
    const answer = this.#client.query({ text, values, rowMode: "array" });
    return (await this.#watched(answer)).rows;
  }

  async copy(text: string): Promise<readonly BinaryRow[]> {
    const copy = new CopyOut(`copy (${text}) to stdout (format binary)`);
    this.#client.query(copy);
    return await this.#watched(copy.rows);
  }

  async script(text: string): Promise<void> {
    await this.#watched(this.#client.query(text));
  }

  /** Ends the query that runs, and the connection with it. A server that is silent is not waited for. */
  async abandon(): Promise<void> {
    const { processID, secretKey } = this.#client;
    this.#isUsable = false;
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
    const wasUsable = this.#isUsable;
    this.#isUsable = false;
    const destroy = () => this.#client.connection.stream.destroy();
    if (!wasUsable) return destroy();
    const patience = setTimeout(destroy, this.#milliseconds);
    await this.#client.end();
    clearTimeout(patience);
  }

  async #watched<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (isOfTheConnection(error)) {
        this.#isUsable = false;
        this.#client.connection.stream.destroy();
      }
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
export function isOfTheConnection(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === null || /^(08|53|57P|25006|28|3D)/.test(state);
}

/** The SQLSTATE of an error of the server; null for any other error. */
export function sqlStateOf(error: unknown): string | null {
  return error instanceof Error && "severity" in error && "code" in error &&
      typeof error.code === "string"
    ? error.code
    : null;
}
