/**
 * Does everything between `accept` and the greeting. First a trusted proxy sends its client's address; then the limits
 * are checked; then comes TLS, if the port begins with it. A refused client costs no handshake and no session.
 */
import { type PeerServices, servePeer } from "../connection/serve_peer.ts";
import { Deadline, Deadlines } from "../time/deadlines.ts";
import { turnAway } from "../connection/farewell.ts";
import type { Handshake, PushbackTransport, Transport } from "../transport/transport.ts";
import { LOOPBACK } from "../transport/address.ts";
import type { LimitReached } from "../events/connection_events.ts";
import { ConnectionLimits } from "../guard/connection_limits.ts";
import { LoginDelay } from "../guard/login_delay.ts";
import { BanningGuard } from "../guard/banning_guard.ts";
import type { ProxiedClient } from "../transport/proxy_header.ts";
import type { Networks } from "../transport/networks.ts";
import type { Happening } from "../events/events.ts";
import type { ListenerFaults } from "../faults/listener_faults.ts";
import type { WireLog } from "../telemetry/wire_log.ts";
import type { Clock } from "../time/clock.ts";
import type { Arrival } from "../transport/accept_loop.ts";
import { OpenConnections } from "./open_connections.ts";
import type { Settings } from "./settings.ts";

/** What an admission needs of its listener. The functions return what may change while the listener runs. */
export interface AdmissionOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly emit: (event: Happening) => void;
  /** Makes providers and connections misbehave; null for a listener that behaves. */
  readonly faults: () => ListenerFaults | null;
  /** Records what client and server send; null without a wire log. */
  readonly wire: () => WireLog | null;
  /** Begins TLS on a connection; null while that is not possible. */
  readonly startTls: () => Handshake | null;
}

/** A connection with its client's address. */
interface Caller {
  readonly transport: Transport;
  readonly client: ProxiedClient;
  /** What limits and bans count: the client's address, or 127.0.0.1 for any address of this machine. */
  readonly countedAddress: string;
  readonly acceptedAt: number;
  readonly isImplicitTls: boolean;
  /** The handshake that Deno has begun; null for any other connection. */
  readonly handshake: Handshake | null;
}

/** The longest time that a proxy may take for its header. */
const PROXY_HEADER_MS = 15_000;

/** Admits the connections of a listener. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #services: Omit<PeerServices, "provider" | "startTls" | "showReply">;
  readonly #limits: ConnectionLimits;
  readonly open: OpenConnections;
  #lastConnectionId = 0;

  constructor(options: AdmissionOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.open = new OpenConnections(clock);
    this.#limits = new ConnectionLimits(settings, clock, () => this.open.makeRoom());
    this.#services = {
      clock,
      deadlines: new Deadlines(clock),
      guard: new BanningGuard(() => settings.banEngine, clock),
      loginPace: new LoginDelay(() => settings.loginDelay, clock),
      emit: (event) => {
        if (this.open.follow(event)) options.emit(event);
      },
    };
  }

  /** Greets a connection of a port, or closes it. */
  receive(
    { transport, address, port, isOwn, handshake }: Arrival,
    beginsWithTls: boolean,
    proxies: Networks | null,
  ): void {
    if (address === "") {
      transport.close();
      return this.miss();
    }
    const acceptedAt = this.#options.clock.now();
    const client: ProxiedClient = { address, port, isSecure: false };
    const countedAddress = isOwn ? LOOPBACK : address;
    const isImplicitTls = beginsWithTls || handshake !== null;
    const caller = { transport, client, countedAddress, acceptedAt, isImplicitTls, handshake };
    if (proxies?.has(client.address) !== true) this.#admit(caller);
    else this.#askProxy(transport, caller);
  }

  /** Reports a peer that was gone before it was accepted. */
  miss(): void {
    this.#options.emit({ type: "refuse", clientAddress: "", reason: "gone" });
  }

  /** Waits for the header with the client's address from a trusted proxy. Meanwhile the connection has a place. */
  #askProxy(transport: PushbackTransport, caller: Caller): void {
    const { settings } = this.#options;
    const { deadlines } = this.#services;
    const place = this.#limits.takePlace();
    if (place === null) return this.#refuse(caller, "max-connections");
    const leaveOnce = this.open.keepArriving(transport, {
      close() {
        leave();
        transport.close();
      },
      giveWay: () => {
        if (leave()) this.#refuse(caller, "max-connections");
      },
    });
    const leave = (): boolean => {
      if (!leaveOnce()) return false;
      deadlines.delete(deadline);
      place[Symbol.dispose]();
      return true;
    };
    const end = (error: unknown) => {
      if (!leave()) return;
      transport.close();
      const clientAddress = caller.client.address;
      const isGone = error instanceof Error && error.name === "ProxyGoneError";
      this.#options.emit(
        isGone
          ? { type: "refuse", clientAddress, reason: "gone" }
          : { type: "refuse", clientAddress, reason: "proxy-header", error },
      );
    };
    const deadline = new Deadline(() => end(new Error("no PROXY header in time")));
    deadline.at = caller.acceptedAt + Math.min(PROXY_HEADER_MS, 1_000 * settings.loginTimeout);
    deadlines.add(deadline);
    clientBehind(transport).then((client) => {
      // From here on the client counts: it takes a place, and a share of the limit of its own address.
      if (!leave()) return;
      this.#admit(client === null ? caller : { ...caller, client, countedAddress: client.address });
    }, end);
  }

  /** Serves the caller or turns it away. Never throws: a connection that cannot be served is closed. */
  #admit(caller: Caller): void {
    using held = new DisposableStack();
    try {
      const admission = this.#limits.admit(caller.countedAddress);
      if (admission.type === "refused") return this.#refuse(caller, admission.reason);
      held.use(admission.share);
      const place = this.#limits.takePlace();
      if (place === null) return this.#refuse(caller, "max-connections");
      held.use(place);
      this.#serve(caller, place, admission.share);
      // From here on they are the connection's.
      held.move();
    } catch (error) {
      caller.transport.close();
      this.#options.emit({ type: "error", connection: null, during: "accept", error });
    }
  }

  #serve(caller: Caller, place: Disposable, share: Disposable): void {
    const connectionId = `${++this.#lastConnectionId}`;
    const { settings, startTls } = this.#options;
    const { transport, client, handshake, ...rest } = caller;
    const faults = this.#options.faults();
    const wire = this.#options.wire();
    const { info, connection } = servePeer(
      faults?.ofTransport(transport) ?? transport,
      { ...rest, ...client, connectionId },
      settings,
      {
        ...this.#services,
        provider: faults?.ofProvider(settings.provider) ?? settings.provider,
        startTls: handshake ?? startTls(),
        showReply: wire === null ? null : (info, reply) => wire.reply(info, reply),
      },
    );
    this.open.serve(info, connection, place, share);
  }

  #refuse({ transport, client, isImplicitTls }: Caller, reason: LimitReached): void {
    this.#options.emit({ type: "refuse", clientAddress: client.address, reason });
    if (isImplicitTls) transport.close();
    else turnAway(transport, this.#services.deadlines);
  }
}

/** Reads the proxy's header; its code is loaded only where there are proxies. */
async function clientBehind(transport: PushbackTransport): Promise<ProxiedClient | null> {
  const { readProxyHeader } = await import("../transport/read_proxy_header.ts");
  return await readProxyHeader(transport);
}
