/**
 * The open connections of a listener. When all places are taken and a new client comes, the oldest connection that has
 * not logged in is closed. Those that are logged in stay, so clients that only connect can keep nobody out.
 */
import type { Connection } from "../connection/connection.ts";
import type { Happening } from "../events/events.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Clock } from "../time/clock.ts";
import type { Transport } from "../transport/transport.ts";
import type { ListenerStatus } from "./listener_status.ts";

/** A connection that is being served. */
interface Served {
  readonly connection: Connection;
  /** Ends the connection, and gives its place back at once. */
  readonly giveWay: () => void;
}

/** How to end a connection whose proxy has not sent the client's address yet. */
interface Arriving {
  readonly close: () => void;
  readonly giveWay: () => void;
}

/** Events that are passed on even after the close event of their connection: what was deleted, what failed. */
const TOLD_LATE: ReadonlySet<Happening["type"]> = new Set([
  "delete",
  "error",
  "login-failed",
  "warning",
]);

/** How long the share of an address outlives its connection. */
const SHARE_MS = 60_000;

export class OpenConnections {
  readonly #served = new Map<ConnectionInfo, Served>();
  readonly #arriving = new Map<Transport, Arriving>();
  /** Connections that are over, while an operation of the provider still goes on for them. */
  readonly #departed = new Map<Connection, Disposable>();
  readonly #clock: Clock;
  /** Each function closes one connection that has not logged in, the oldest first. */
  readonly #newcomers = new Map<Transport | ConnectionInfo, () => void>();
  /** How many connections were closed because the listener stops, before they had ended by themselves. */
  cut = 0;
  /** Whether nobody waits for what still goes on. */
  #isAbandoned = false;
  /** Those that wait for a connection to end. */
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Serves a connection until it ends.
   *
   * @param place in the listener; it is free as soon as the connection has ended
   * @param share of the client's address; it stays taken while an operation of the provider goes on, for a minute at most.
   * Otherwise a client that leaves at once could have any number of operations going on.
   */
  serve(info: ConnectionInfo, connection: Connection, place: Disposable, share: Disposable): void {
    this.#isAbandoned = false;
    const leave = () => {
      if (!this.#served.delete(info)) return;
      this.#newcomers.delete(info);
      place[Symbol.dispose]();
      if (!connection.hasLeftWork) {
        share[Symbol.dispose]();
        return this.#onLeave();
      }
      const held = new DisposableStack();
      held.use(share);
      held.use(this.#clock.after(SHARE_MS, () => this.#forget(connection)));
      this.#departed.set(connection, held);
      if (this.#isAbandoned) this.#forget(connection);
      else connection.settled.finally(() => this.#forget(connection));
      this.#onLeave();
    };
    const giveWay = () => {
      connection.giveWay();
      leave();
    };
    this.#served.set(info, { connection, giveWay });
    this.#newcomers.set(info, giveWay);
    connection.run().then(leave);
  }

  /**
   * Keeps a connection that waits for its proxy.
   *
   * @returns a function that removes it again; false after the first call, so that a connection ends only once
   */
  keepArriving(transport: Transport, arriving: Arriving): () => boolean {
    this.#arriving.set(transport, arriving);
    this.#newcomers.set(transport, arriving.giveWay);
    return () => {
      if (!this.#arriving.delete(transport)) return false;
      this.#newcomers.delete(transport);
      this.#onLeave();
      return true;
    };
  }

  /** Closes the oldest connection that is not logged in, to free its place; false where all are logged in. */
  makeRoom(): boolean {
    for (const giveWay of this.#newcomers.values()) {
      giveWay();
      return true;
    }
    return false;
  }

  /** Notes logins and logouts. @returns whether to pass the event on: its connection is open, or it is in `TOLD_LATE` */
  follow(event: Happening): boolean {
    if (!("connection" in event) || event.connection === null) return true;
    const served = this.#served.get(event.connection);
    if (served === undefined) return TOLD_LATE.has(event.type);
    if (event.type === "close" && event.reason === "stop") this.cut++;
    if (event.type === "login") this.#newcomers.delete(event.connection);
    if (event.type === "logout") this.#newcomers.set(event.connection, served.giveWay);
    return true;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#served.size;
  }

  status(): Pick<ListenerStatus, "connections" | "mailboxes"> {
    const connections = { authorization: 0, transaction: 0, asleep: 0 };
    // A Map, since a mailbox may be named `constructor`, which a plain object has already.
    const mailboxes = new Map<string, number>();
    for (const [{ mailboxName }, { connection }] of this.#served) {
      connections[connection.state]++;
      if (mailboxName !== null) mailboxes.set(mailboxName, (mailboxes.get(mailboxName) ?? 0) + 1);
    }
    return { connections, mailboxes: Object.fromEntries(mailboxes) };
  }

  /** Closes the connections that wait for their clients or proxies, and lets running commands end. */
  stop(): void {
    for (const { close } of [...this.#arriving.values()]) close();
    for (const { connection } of [...this.#served.values()]) connection.stop();
  }

  /** Ends all connections now, whatever they are doing, and warns of what still goes on for those that have ended. */
  abandon(): void {
    this.#isAbandoned = true;
    for (const connection of this.#departed.keys()) connection.work.reportPending();
    for (const { connection } of [...this.#served.values()]) connection.abandon("stop");
    for (const connection of [...this.#departed.keys()]) this.#forget(connection);
  }

  /** Resolves when no connection is open, and no operation goes on for one that has ended. */
  async empty(): Promise<void> {
    while (this.#arriving.size + this.#served.size + this.#departed.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #onLeave(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #forget(connection: Connection): void {
    connection.work.forget();
    this.#departed.get(connection)?.[Symbol.dispose]();
    if (this.#departed.delete(connection)) this.#onLeave();
  }
}
