/** The listener: the ports it opens, and how it stops. */
import type { Happening } from "../events/events.ts";
import type { ListenerFaults } from "../faults/listener_faults.ts";
import { StrikeBanEngine } from "../guard/strike_ban_engine.ts";
import { checked, checkedOptions, defineSettings, seconds } from "../settings/setting.ts";
import { Observers } from "../telemetry/observers.ts";
import { flushStandardLog, standardLog } from "../telemetry/standard_log.ts";
import type { WireLog } from "../telemetry/wire_log.ts";
import type { Acceptor, Arrival } from "../transport/accept_loop.ts";
import { isThisMachine } from "../transport/address.ts";
import { Networks } from "../transport/networks.ts";
import { arrivals, openDenoTlsPort, openPort } from "../transport/open_port.ts";
import { Admission } from "./admission.ts";
import { endSessions } from "./end_sessions.ts";
import {
  type ListenOptions,
  listenSettings,
  type ServeOptions,
  serveSettings,
  type StopOptions,
} from "./listen_options.ts";
import { ListenerPorts } from "./listener_ports.ts";
import type { ListenerStatus } from "./listener_status.ts";
import { ListenerTls, refuseForDeno } from "./listener_tls.ts";
import {
  asProvider,
  type FixedSettings,
  fixedSettings,
  type Pop3ListenerOptions,
  type Settings,
  settings,
} from "./settings.ts";

/** A listener has a property for each of its settings. */
export interface Pop3Listener extends Settings, FixedSettings {}

/**
 * Speaks POP3 with all clients that connect, and asks a provider for everything else.
 *
 * Without a `provider`, it refuses every login.
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
export class Pop3Listener implements AsyncDisposable {
  readonly #admission: Admission;
  readonly #ports: ListenerPorts;
  readonly #observers: Observers;
  readonly #tls: ListenerTls;
  #faults: ListenerFaults | null = null;
  #wire: WireLog | null = null;
  #stops = 0;

  /**
   * Makes a listener that does not listen yet.
   *
   * @throws {RangeError} for an option whose value is not allowed
   * @throws {TypeError} for an option whose value is of the wrong kind, or that does not exist
   */
  constructor({ provider, ...rest }: Pop3ListenerOptions = {}) {
    defineSettings<Settings, FixedSettings>(
      this,
      { changing: settings, fixed: fixedSettings },
      {
        banEngine: new StrikeBanEngine(rest.clock === undefined ? {} : { clock: rest.clock }),
        ...rest,
        ...(provider === undefined ? {} : { provider: asProvider(provider) }),
      },
    );
    this.#observers = new Observers({ wire: () => this.#wire, onEvent: () => this.onEvent });
    const emit = (event: Happening) => this.#emit(event);
    this.#ports = new ListenerPorts(this.clock);
    this.#tls = new ListenerTls(() => this.certificate, this.clock, emit);
    this.#admission = new Admission({
      settings: this,
      clock: this.clock,
      emit,
      faults: () => this.#faults,
      wire: () => this.#wire,
      startTls: () => {
        const { accept } = this.#tls;
        if (accept === null) return null;
        return (transport) => accept(this.#faults?.ofHandshake(transport) ?? transport);
      },
    });
  }

  /**
   * Opens a port and serves its clients. With a certificate, plain ports offer STLS, if a single test shows that the
   * runtime can do it. Where a port on `::` is open and takes IPv4 connections, too, there is nothing left to open for
   * an IPv4 address.
   *
   * @returns the address it is bound to
   * @throws {Deno.errors.AddrInUse} when another program has the port
   * @throws {Deno.errors.PermissionDenied} when this user may not have the port
   * @throws {TypeError} for `tls` without a certificate, for faults on a port that other machines can reach, and for
   * options that the TLS engine cannot obey
   * @throws the error of `node:tls` for a certificate or key that it cannot read
   */
  async listenOn(options: ListenOptions): Promise<Deno.NetAddr> {
    const { hostname, port, tls, reusePort, trustedProxies } = checkedOptions(
      listenSettings,
      options,
    );
    const isOpen = !isThisMachine(hostname) || trustedProxies.length > 0;
    if (this.faults !== null && isOpen) {
      throw new TypeError("A listener that misbehaves listens on this machine only");
    }
    const stops = this.#stops;
    const engine = tls ? this.tlsEngine : null;
    if (engine === "deno") refuseForDeno(trustedProxies, this.faults);
    const certificate = await this.#tls.prepare(engine);
    const where = { hostname, port, reusePort };
    const manner = JSON.stringify([tls, trustedProxies]);
    const opened = await this.#ports.open(
      where,
      manner,
      () =>
        engine === "deno" && certificate !== null
          ? openDenoTlsPort(where, certificate)
          : openPort(where),
    );
    if (opened === null) return { transport: "tcp", hostname, port };
    const [addr, acceptor] = opened;
    try {
      if (this.#stops !== stops) throw new TypeError("The listener was stopped meanwhile");
      await this.#receive(acceptor, { tls, trustedProxies });
    } catch (error) {
      acceptor.close();
      throw error;
    }
    const { hostname: bound, port: number } = addr;
    this.#ports.name(acceptor, { hostname: bound, port: number, tls }, manner);
    this.#tls.watch();
    return addr;
  }

  /** Loads the code for faults and the wire log, which most servers do not need. */
  async #prepareObservers(): Promise<void> {
    if (this.faults !== null && this.#faults === null) {
      const { listenerFaults } = await import("../faults/listener_faults.ts");
      this.#faults = listenerFaults(this.faults, this.clock);
    }
    if (this.wireLog !== null && this.#wire === null) {
      const { TranscribingLog } = await import("../telemetry/wire_log.ts");
      this.#wire = new TranscribingLog(
        this.#observers.guardWireLog((transcript) => this.wireLog?.(transcript)),
        () => this.wireLogMessages,
      );
    }
  }

  /** Asks for the certificate now, not at the next handshake. @returns whether it is another one than before */
  renewCertificate(): Promise<boolean> {
    return this.#tls.renew();
  }

  /**
   * Serves the connections of a socket that is open already. Connections of `Deno.listenTls` begin with its handshake,
   * as with the TLS engine `deno`.
   *
   * @returns a promise that resolves when the socket is closed, by `stop` or by its owner
   * @throws {RangeError} when a trusted proxy is neither an address nor a network
   */
  async serve(acceptor: Acceptor, options: ServeOptions = {}): Promise<void> {
    const port = arrivals(acceptor);
    await this.#receive(port, checkedOptions(serveSettings, options));
    await this.#ports.closed(port);
  }

  async #receive(
    acceptor: Acceptor<Arrival>,
    { tls, trustedProxies }: Required<ServeOptions>,
  ): Promise<void> {
    if (this.faults !== null || this.wireLog !== null) await this.#prepareObservers();
    const proxies = trustedProxies.length === 0 ? null : new Networks(trustedProxies);
    this.#ports.accept(acceptor, {
      receive: (arrival) => this.#admission.receive(arrival, tls, proxies),
      report: (error, concern) => {
        if (concern === "connection") return this.#admission.miss();
        this.#emit({ type: "error", connection: null, during: "accept", error });
      },
    });
  }

  /**
   * The address of the port that was opened first.
   *
   * @throws {TypeError} when no port is open
   */
  get addr(): Deno.NetAddr {
    const [first] = this.#ports.addresses;
    if (first === undefined) throw new TypeError("The listener has no open port");
    return { transport: "tcp", hostname: first.hostname, port: first.port };
  }

  /** How it is now. */
  status(): ListenerStatus {
    return {
      ports: this.#ports.addresses,
      ...this.#admission.open.status(),
      certificate: this.#tls.shown,
    };
  }

  /**
   * Stops: no new connections; sessions may go on for `drain` seconds; then idle ones are closed, and running commands may
   * end within `stopGrace` seconds. It takes no longer than that, whatever the provider does: an operation that is still
   * going on becomes a `warning`, and what comes of it is thrown away.
   *
   * The provider is not disposed of: its maker does that.
   */
  async stop({ drain = 0 }: StopOptions = {}): Promise<void> {
    checked("drain", seconds(0, 86_400, 0), drain);
    this.#stops++;
    this.#tls.unwatch();
    await endSessions(this.#admission.open, {
      drain,
      grace: this.stopGrace,
      clock: this.clock,
      closed: this.#ports.close(drain > 0),
      drained: () => this.#ports.endDraining(),
      emit: (event) => this.#emit(event),
    });
    if (this.onEvent === standardLog) await flushStandardLog();
  }

  /** The same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #emit(event: Happening): void {
    this.#observers.emit(event);
  }
}
