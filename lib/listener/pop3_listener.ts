/** The listener: ports, and the connections that came through them. */
import { type Clock, systemClock } from "../connection/clock.ts";
import { Connection } from "../connection/connection.ts";
import { Deadlines } from "../connection/deadlines.ts";
import { isLoopback } from "../guard/address.ts";
import { ConnectionLimits } from "../guard/connection_limits.ts";
import type { MailboxProvider } from "../mailbox/mailbox.ts";
import { nullProvider } from "../mailbox/null_provider.ts";
import { error, statusLine } from "../protocol/reply.ts";
import type { SessionInfo } from "../session/handler.ts";
import { Session } from "../session/session.ts";
import type { Pop3Event, Pop3Events } from "../telemetry/events.ts";
import { acceptLoop, type Acceptor } from "./accept_loop.ts";
import { TcpTransport } from "./tcp_transport.ts";

/** The options of a {@linkcode Pop3Listener}; each is also a property of it, and may be changed while it runs. */
export interface Pop3ListenerOptions {
  /** Decides who may log in and what mail there is. Refuses everyone by default. */
  provider?: MailboxProvider;
  /** Refuse passwords on a line that is not encrypted, unless the peer is on this machine. True by default. */
  requireSecureLogin?: boolean;
  /** Who the server says it is, in its greeting and in CAPA. `pop3svc` by default. */
  serviceName?: string;
  /** Connections at the same time. 10000 by default. */
  maxConnections?: number;
  /** Connections at the same time from one IPv4 address, or one IPv6 /64. 100 by default. */
  maxConnectionsPerIp?: number;
  /** Seconds from the start of a connection to its login. 60 by default. */
  loginTimeout?: number;
  /** Seconds without a command after the login; RFC 1939 section 3 asks for at least 600. 600 by default. */
  idleTimeout?: number;
  /** Seconds that `stop` waits for running commands. 5 by default. */
  stopGrace?: number;
  /** Is told of whatever happens. */
  events?: Pop3Events;
}

/** Where to listen. */
export interface ListenOptions {
  /** The address of this machine to listen on: `127.0.0.1`, `0.0.0.0`, `::`. */
  readonly hostname: string;
  /** The port; 0 picks a free one. */
  readonly port: number;
}

/**
 * Talks POP3 to all who connect, and asks a provider for everything else.
 *
 * As it stands, every login is refused; give it a `provider`.
 *
 * @example
 * ```ts
 * import { Pop3Listener } from "@pop3svc/pop3svc";
 *
 * await using pop3 = new Pop3Listener();
 * const { hostname, port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
 * console.log(`listening on pop3://${hostname}:${port}`);
 * ```
 */
export class Pop3Listener implements Required<Pop3ListenerOptions>, AsyncDisposable {
  /** Decides who may log in and what mail there is. */
  provider: MailboxProvider;
  /** Are passwords refused on a plain line from another machine? */
  requireSecureLogin: boolean;
  /** Who the server says it is. */
  serviceName: string;
  /** Connections at the same time. */
  maxConnections: number;
  /** Connections at the same time from one IPv4 address, or one IPv6 /64. */
  maxConnectionsPerIp: number;
  /** Seconds from the start of a connection to its login. */
  loginTimeout: number;
  /** Seconds without a command after the login. */
  idleTimeout: number;
  /** Seconds that `stop` waits for running commands. */
  stopGrace: number;
  /** Is told of whatever happens. */
  events: Pop3Events;

  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #limits = new ConnectionLimits(this);
  readonly #ports = new Map<Acceptor, Promise<void>>();
  readonly #connections = new Map<Connection, Promise<void>>();
  #lastConnectionId = 0;

  /**
   * Makes a listener that listens nowhere yet.
   *
   * @param clock for tests that do not want to wait
   */
  constructor(options: Pop3ListenerOptions = {}, clock: Clock = systemClock) {
    this.provider = options.provider ?? nullProvider;
    this.requireSecureLogin = options.requireSecureLogin ?? true;
    this.serviceName = options.serviceName ?? "pop3svc";
    this.maxConnections = options.maxConnections ?? 10_000;
    this.maxConnectionsPerIp = options.maxConnectionsPerIp ?? 100;
    this.loginTimeout = options.loginTimeout ?? 60;
    this.idleTimeout = options.idleTimeout ?? 600;
    this.stopGrace = options.stopGrace ?? 5;
    this.events = options.events ?? (() => {});
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
  }

  /**
   * Opens a port and serves whoever connects.
   *
   * @returns the address it is bound to
   * @throws {Deno.errors.AddrInUse} when another program has the port
   * @throws {Deno.errors.PermissionDenied} when this user may not have the port
   */
  // deno-lint-ignore require-await -- errors of Deno.listen shall reject, as they will with TLS
  async listenOn(options: ListenOptions): Promise<Deno.NetAddr> {
    const listener = Deno.listen(options);
    this.serve(listener);
    return listener.addr;
  }

  /** Serves the connections of a socket that is open already, until `stop` closes it. */
  serve(acceptor: Acceptor): void {
    const loop = acceptLoop(
      acceptor,
      this.#clock,
      (connection) => this.#welcome(connection),
      (error) =>
        this.#emit({
          type: "error",
          connection: null,
          during: "accept",
          error,
        }),
    );
    this.#ports.set(acceptor, loop);
  }

  /**
   * Stops: no new connections, idle ones are closed, running commands may end within `stopGrace` seconds.
   * The provider is disposed of at the end.
   */
  async stop(): Promise<void> {
    const ports = [...this.#ports];
    this.#ports.clear();
    for (const [acceptor] of ports) acceptor.close();
    for (const connection of this.#connections.keys()) connection.stop();
    using _grace = this.#clock.after(this.stopGrace * 1000, () => {
      for (const connection of this.#connections.keys()) connection.abort();
    });
    await Promise.all([
      ...ports.map(([, loop]) => loop),
      ...this.#connections.values(),
    ]);
    await this.provider[Symbol.asyncDispose]?.();
  }

  /** The same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #welcome(accepted: Deno.TcpConn): void {
    const transport = new TcpTransport(accepted);
    const { hostname: clientAddress, port: clientPort } = accepted.remoteAddr;
    const admission = this.#limits.admit(clientAddress);
    if (admission.type === "refused") {
      this.#emit({ type: "refuse", clientAddress, reason: admission.reason });
      this.#turnAway(transport);
      return;
    }
    const info: SessionInfo = {
      connectionId: `${++this.#lastConnectionId}`,
      clientAddress,
      clientPort,
      isSecure: false,
      userNameAtLogin: null,
      mailboxName: null,
      tag: undefined,
    };
    const emit = (event: Pop3Event) => this.#emit(event);
    const session = new Session({
      info,
      provider: this.provider,
      serviceName: this.serviceName,
      passwordsAllowed: !this.requireSecureLogin || isLoopback(clientAddress),
      emit,
    });
    const connection = new Connection(transport, session, {
      info,
      clock: this.#clock,
      deadlines: this.#deadlines,
      loginTimeout: this.loginTimeout * 1000,
      idleTimeout: this.idleTimeout * 1000,
      emit,
    });
    const done = connection.run().finally(() => {
      admission.place[Symbol.dispose]();
      this.#connections.delete(connection);
    });
    this.#connections.set(connection, done);
  }

  /** One write into an empty socket buffer: it does not wait, and does not need a deadline. */
  #turnAway(transport: TcpTransport): void {
    const reply = statusLine(
      error("Too many connections. Try again later.", "SYS/TEMP"),
    );
    transport.write(new TextEncoder().encode(reply)).catch(() => {}).finally(
      () => transport.close(),
    );
  }

  /** What an observer throws is its own affair: it disturbs no connection. */
  #emit(event: Pop3Event): void {
    try {
      this.events(event);
    } catch (error) {
      console.error("The listener's events threw", error);
    }
  }
}
