/** The listener: ports, and the connections that came through them. */
import { type Clock, systemClock } from "../connection/clock.ts";
import { Connection, type SecureTransport } from "../connection/connection.ts";
import { Deadlines } from "../connection/deadlines.ts";
import type { Transport } from "../connection/transport.ts";
import { isLoopback } from "../guard/address.ts";
import { ConnectionLimits } from "../guard/connection_limits.ts";
import type { MailboxProvider } from "../mailbox/mailbox.ts";
import { nullProvider } from "../mailbox/null_provider.ts";
import { error, statusLine } from "../protocol/reply.ts";
import type { SessionInfo } from "../session/handler.ts";
import { Session } from "../session/session.ts";
import type { Pop3Event, Pop3Events } from "../telemetry/events.ts";
import type { CertificateSource } from "../tls/certificate.ts";
import type { TlsServer } from "../tls/tls_server.ts";
import { acceptLoop, type Acceptor } from "./accept_loop.ts";
import { TcpTransport } from "./tcp_transport.ts";

/** The options of a {@linkcode Pop3Listener}; each is also a property of it, and may be changed while it runs. */
export interface Pop3ListenerOptions {
  /** Decides who may log in and what mail there is. Refuses everyone by default. */
  provider?: MailboxProvider;
  /**
   * The certificate for implicit TLS and STLS, or a function that gives it; null, the default, for neither. The
   * function is asked at each handshake, so that a certificate can be renewed while the listener runs.
   */
  certificate?: CertificateSource | null;
  /** Refuse logins on a line that is not encrypted, unless the peer is on this machine. True by default. */
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
  /** Do clients begin with a TLS handshake (RFC 8314 section 3)? It needs a certificate. False by default. */
  readonly tls?: boolean;
}

/** How the connections of a socket begin. */
export interface ServeOptions {
  /** Do clients begin with a TLS handshake that is ours to answer? False by default. */
  readonly tls?: boolean;
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
  /** The certificate for implicit TLS and STLS. One that is set while ports are open counts from the next `listenOn` on. */
  certificate: CertificateSource | null;
  /** Are logins refused on a plain line from another machine? */
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
  #tls: TlsServer | null = null;

  /**
   * Makes a listener that listens nowhere yet.
   *
   * @param clock for tests that do not want to wait
   */
  constructor(options: Pop3ListenerOptions = {}, clock: Clock = systemClock) {
    this.provider = options.provider ?? nullProvider;
    this.certificate = options.certificate ?? null;
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
   * Opens a port and serves whoever connects. With a certificate, plain ports offer STLS where the runtime can
   * do it; that is tried once.
   *
   * @returns the address it is bound to
   * @throws {Deno.errors.AddrInUse} when another program has the port
   * @throws {Deno.errors.PermissionDenied} when this user may not have the port
   * @throws {TypeError} when `tls` is asked for without a certificate
   * @throws what `node:tls` says of a certificate or key that it cannot read
   */
  async listenOn({ hostname, port, tls = false }: ListenOptions): Promise<Deno.NetAddr> {
    await this.#prepareTls(tls);
    const listener = Deno.listen({ hostname, port });
    this.serve(listener, { tls });
    return listener.addr;
  }

  /** Listens on the ports of the standard: 110, and 995 for TLS if there is a certificate. */
  listenOnStandard(hostname: string): Promise<Deno.NetAddr[]> {
    return this.#listenOnBoth(hostname, 110, 995);
  }

  /** Listens on ports that need no privilege: 1100, and 9955 for TLS if there is a certificate. */
  listenOnHigh(hostname: string): Promise<Deno.NetAddr[]> {
    return this.#listenOnBoth(hostname, 1100, 9955);
  }

  async #listenOnBoth(hostname: string, port: number, tlsPort: number): Promise<Deno.NetAddr[]> {
    const plain = await this.listenOn({ hostname, port });
    if (this.certificate === null) return [plain];
    return [plain, await this.listenOn({ hostname, port: tlsPort, tls: true })];
  }

  /** Loads TLS where there is a certificate, and finds out whether it works on this runtime. */
  async #prepareTls(isNeeded: boolean): Promise<void> {
    const { certificate } = this;
    if (this.#tls !== null) return;
    if (certificate === null) {
      if (isNeeded) throw new TypeError("Listening with tls needs a certificate");
      return;
    }
    const { TlsServer } = await import("../tls/tls_server.ts");
    const server = new TlsServer(
      () => this.certificate ?? certificate,
      (event) => this.#emit(event),
    );
    await server.renew();
    try {
      await server.selfTest(this.#clock);
      this.#tls = server;
    } catch (error) {
      this.#emit({ type: "error", connection: null, during: "TLS self-test", error });
      if (isNeeded) throw error;
    }
  }

  /** Asks for the certificate now, and not only at the next handshake. */
  async renewCertificate(): Promise<void> {
    await this.#tls?.renew();
  }

  /**
   * Serves the connections of a socket that is open already, until `stop` closes it. Those of `Deno.listenTls` are
   * secure from the start.
   */
  serve(acceptor: Acceptor, { tls = false }: ServeOptions = {}): void {
    const loop = acceptLoop(
      acceptor,
      this.#clock,
      (connection) => this.#welcome(connection, tls),
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

  #welcome(accepted: Deno.TcpConn | Deno.TlsConn, isImplicitTls: boolean): void {
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
      isSecure: "handshake" in accepted,
      tls: null,
      userNameAtLogin: null,
      mailboxName: null,
      tag: undefined,
    };
    const emit = (event: Pop3Event) => this.#emit(event);
    const session = new Session({
      info,
      provider: this.provider,
      serviceName: this.serviceName,
      insecureLoginAllowed: !this.requireSecureLogin || isLoopback(clientAddress),
      offersTls: this.#tls !== null && this.certificate !== null,
      emit,
    });
    const connection = new Connection(transport, session, {
      info,
      clock: this.#clock,
      deadlines: this.#deadlines,
      loginTimeout: this.loginTimeout * 1000,
      idleTimeout: this.idleTimeout * 1000,
      emit,
      startTls: (line) => this.#startTls(line),
      isImplicitTls,
    });
    const done = connection.run().finally(() => {
      admission.place[Symbol.dispose]();
      this.#connections.delete(connection);
    });
    this.#connections.set(connection, done);
  }

  #startTls(line: Transport): Promise<SecureTransport> {
    return this.#tls?.accept(line) ?? Promise.reject(new TypeError("There is no certificate"));
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
