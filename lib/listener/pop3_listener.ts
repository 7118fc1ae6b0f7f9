/** The listener: the ports it opens, and how it stops. */
import { type Clock, systemClock } from "../time/clock.ts";
import type { FaultPlan } from "../faults/fault_rules.ts";
import type { ConnectionFaults } from "../faults/connection_faults.ts";
import { isLoopback } from "../transport/address.ts";
import { type BanEngine, StrikeBanEngine } from "../guard/ban_engine.ts";
import type { TrustedNetworks } from "../transport/trusted_networks.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { nullProvider } from "../providers/null_provider.ts";
import type { Pop3Event, Pop3Events } from "../events/events.ts";
import { Observers } from "../telemetry/observers.ts";
import type { WireLog } from "../telemetry/wire_log.ts";
import type { CertificateSource } from "../transport/tls/certificate.ts";
import type { TlsServer } from "../transport/tls/tls_server.ts";
import { acceptLoop, type Acceptor, type Arrival } from "../transport/accept_loop.ts";
import type { ListenOptions, Pop3ListenerOptions, ServeOptions } from "./listener_options.ts";
import type { ListenerStatus, PortStatus } from "./listener_status.ts";
import { arrivals, openPlainPort, openTlsPort } from "../transport/open_port.ts";
import { Reception } from "./reception.ts";

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
  /** New connections in a second from one IPv4 address, or one IPv6 /64. */
  maxConnectionRatePerIp: number;
  /** Decides which addresses may not log in. */
  banEngine: BanEngine;
  /** Seconds from the start of a connection to its login. */
  loginTimeout: number;
  /** Seconds without a command after the login. */
  idleTimeout: number;
  /** Seconds without a command while a session is asleep. */
  sleepTimeout: number;
  /** Days for which messages are kept at least, or null for ever; 0: until they are read. */
  expire: number | null;
  /** Seconds between two logins of one user at least; 0 for none. */
  loginDelay: number;
  /** May a client name a message by a unique id that has come since its list was made? */
  allowUnknownIdRequests: boolean;
  /** Does the first line of each multi-line reply end with ` _`? */
  multiLineIndicator: boolean;
  /** Makes the lines of clients misbehave, for people who test a client. */
  connectionFaults: FaultPlan | null;
  /** Is given what client and server said when a connection is over. */
  wireLog: ((transcript: string) => void) | null;
  /** Does `wireLog` hold messages, too? */
  wireLogMessages: boolean;
  /** Seconds that `stop` waits for running commands. */
  stopGrace: number;
  /** Is told of whatever happens. */
  events: Pop3Events;

  #provider: MailboxProvider = nullProvider;
  readonly #clock: Clock;
  readonly #reception: Reception;
  readonly #ports = new Map<Acceptor<Arrival>, Promise<void>>();
  readonly #addresses = new Map<Acceptor<Arrival>, PortStatus>();
  #tls: TlsServer | null = null;
  #lines: ConnectionFaults | null = null;
  #wire: WireLog | null = null;
  readonly #observers = new Observers({ wire: () => this.#wire, events: () => this.events });

  /**
   * Makes a listener that listens nowhere yet.
   *
   * @param clock for tests that do not want to wait
   */
  constructor(options: Pop3ListenerOptions = {}, clock: Clock = systemClock) {
    this.certificate = options.certificate ?? null;
    this.requireSecureLogin = options.requireSecureLogin ?? true;
    this.serviceName = options.serviceName ?? "pop3svc";
    this.maxConnections = options.maxConnections ?? 10_000;
    this.maxConnectionsPerIp = options.maxConnectionsPerIp ?? 100;
    this.maxConnectionRatePerIp = options.maxConnectionRatePerIp ?? 50;
    this.banEngine = options.banEngine ?? new StrikeBanEngine({}, clock);
    this.loginTimeout = options.loginTimeout ?? 60;
    this.idleTimeout = options.idleTimeout ?? 600;
    this.sleepTimeout = options.sleepTimeout ?? 86_400;
    this.connectionFaults = options.connectionFaults ?? null;
    this.wireLog = options.wireLog ?? null;
    this.wireLogMessages = options.wireLogMessages ?? false;
    this.expire = options.expire ?? null;
    this.loginDelay = options.loginDelay ?? 0;
    this.allowUnknownIdRequests = options.allowUnknownIdRequests ?? true;
    this.multiLineIndicator = options.multiLineIndicator ?? false;
    this.stopGrace = options.stopGrace ?? 5;
    this.events = options.events ?? (() => {});
    this.provider = options.provider ?? nullProvider;
    this.#clock = clock;
    this.#reception = new Reception({
      house: this,
      clock,
      emit: (event) => this.#emit(event),
      lines: () => this.#lines,
      wire: () => this.#wire,
      startTls: () => {
        const tls = this.certificate === null ? null : this.#tls;
        if (tls === null) return null;
        return (line) => tls.accept(this.#lines?.ofHandshake(line) ?? line);
      },
    });
  }

  /** Decides who may log in and what mail there is. */
  get provider(): MailboxProvider {
    return this.#provider;
  }

  /** A session keeps the one that it began with. */
  set provider(provider: MailboxProvider) {
    this.#provider = provider;
    provider.registerNewMessage?.((username, uniqueId) =>
      this.#emit({ type: "new-message", username, uniqueId })
    );
  }

  /**
   * Opens a port and serves whoever connects. With a certificate, plain ports offer STLS where the runtime can
   * do it; that is tried once.
   *
   * @returns the address it is bound to
   * @throws {Deno.errors.AddrInUse} when another program has the port
   * @throws {Deno.errors.PermissionDenied} when this user may not have the port
   * @throws {TypeError} when `tls` is asked for without a certificate, or faults for other machines
   * @throws what `node:tls` says of a certificate or key that it cannot read
   */
  async listenOn(options: ListenOptions): Promise<Deno.NetAddr> {
    const { hostname, port, reusePort = false, trustedProxies = [] } = options;
    const isOpen = (hostname !== "localhost" && !isLoopback(hostname)) || trustedProxies.length > 0;
    if (this.connectionFaults !== null && isOpen) {
      throw new TypeError("A listener that misbehaves listens on this machine only");
    }
    await this.#prepareTls(options.tls ?? false);
    const where = { hostname, port, reusePort };
    const [addr, acceptor] = options.tls === true
      ? await openTlsPort(where, this.#clock)
      : openPlainPort(where);
    try {
      await this.#receive(acceptor, options);
    } catch (error) {
      acceptor.close();
      throw error;
    }
    const { hostname: bound, port: number } = addr;
    this.#addresses.set(acceptor, { hostname: bound, port: number, tls: options.tls ?? false });
    return addr;
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
    const { TlsServer } = await import("../transport/tls/tls_server.ts");
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

  /** Loads what only those need who test, or look for a fault. */
  async #prepareObservers(): Promise<void> {
    if (this.connectionFaults !== null && this.#lines === null) {
      const { connectionFaults } = await import("../faults/connection_faults.ts");
      this.#lines = connectionFaults(this.connectionFaults);
    }
    if (this.wireLog !== null && this.#wire === null) {
      const { TranscribingLog } = await import("../telemetry/wire_log.ts");
      this.#wire = new TranscribingLog(
        this.#observers.guardWireLog((transcript) => this.wireLog?.(transcript)),
        () => this.wireLogMessages,
      );
    }
  }

  /** Asks for the certificate now, and not only at the next handshake. */
  async renewCertificate(): Promise<void> {
    await this.#tls?.renew();
  }

  /**
   * Serves the connections of a socket that is open already, until `stop` closes it. Those of `Deno.listenTls` are
   * secure from the start.
   *
   * @throws {RangeError} when a trusted proxy is no address and no network
   */
  serve(acceptor: Acceptor, options: ServeOptions = {}): Promise<void> {
    return this.#receive(arrivals(acceptor), options);
  }

  async #receive(
    acceptor: Acceptor<Arrival>,
    { tls = false, trustedProxies = [] }: ServeOptions,
  ): Promise<void> {
    if (this.connectionFaults !== null || this.wireLog !== null) await this.#prepareObservers();
    const proxies = trustedProxies.length === 0 ? null : await networksOf(trustedProxies);
    const loop = acceptLoop(
      acceptor,
      this.#clock,
      (arrival) => {
        // It came in the instant in which the port was closed.
        if (!this.#ports.has(acceptor)) return arrival.transport.close();
        this.#reception.receive(arrival, tls, proxies);
      },
      (error, concern) => {
        if (concern === "connection") return this.#reception.miss();
        this.#emit({ type: "error", connection: null, during: "accept", error });
      },
    );
    this.#ports.set(acceptor, loop);
  }

  /** How it is now. */
  status(): ListenerStatus {
    return {
      ports: [...this.#addresses.values()],
      ...this.#reception.status(),
      certificate: this.#tls?.shown ?? null,
    };
  }

  /**
   * Stops: no new connections, idle ones are closed, running commands may end within `stopGrace` seconds. The provider
   * is disposed of at the end. It takes no longer than that, whatever the provider does: an operation that is still
   * going on then is told as a `warning`, and what comes of it is thrown away.
   */
  async stop(): Promise<void> {
    const ports = [...this.#ports];
    this.#ports.clear();
    this.#addresses.clear();
    for (const [acceptor] of ports) acceptor.close();
    this.#reception.stop();
    const { promise: isTooLate, resolve } = Promise.withResolvers<"too-late">();
    using _grace = this.#clock.after(this.stopGrace * 1000, () => {
      this.#reception.abandon();
      resolve("too-late");
    });
    const isEmpty = Promise.all(ports.map(([, loop]) => loop)).then(() => this.#reception.empty());
    await Promise.race([isEmpty, isTooLate]);
    // Where nothing is left of the grace, the provider still has one turn of the event loop.
    const outcome = await Promise.race([this.#disposeProvider(), isTooLate.then(afterOneTurn)]);
    if (outcome !== "too-late") return;
    const value = "dispose";
    this.#emit({
      type: "warning",
      connection: null,
      rule: "unsettled-promise",
      value,
      message: null,
    });
  }

  async #disposeProvider(): Promise<void> {
    await this.provider[Symbol.asyncDispose]?.();
  }

  /** The same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #emit(event: Pop3Event): void {
    this.#observers.emit(event);
  }
}

async function afterOneTurn<T>(value: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve));
  return value;
}

/** Loaded only where there are proxies: what reads networks takes longer to load than all the rest. */
async function networksOf(networks: readonly string[]): Promise<TrustedNetworks> {
  const { TrustedNetworks } = await import("../transport/trusted_networks.ts");
  return new TrustedNetworks(networks);
}
