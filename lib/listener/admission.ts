/**
 * What happens between `accept` and the greeting, and the connections that are open.
 *
 * In this order: a trusted proxy says who its client is; the limits; TLS, if the port begins with it; the greeting. A client
 * that is turned away costs no handshake and no session.
 *
 * When all places are taken, the oldest connection that has not logged in gives way. One that is logged in stays, so
 * clients that only connect can keep nobody out.
 */
import type { Connection, SecureTransport } from "../connection/connection.ts";
import { type PeerServices, servePeer } from "../connection/serve_peer.ts";
import { Deadline, Deadlines } from "../time/deadlines.ts";
import { turnAway } from "../connection/farewell.ts";
import type { PushbackTransport, Transport } from "../transport/transport.ts";
import { unmapped } from "../transport/address.ts";
import type { LimitReached } from "../events/connection_events.ts";
import { ConnectionLimits } from "../guard/connection_limits.ts";
import { LoginDelay } from "../guard/login_delay.ts";
import { BanningGuard } from "../guard/banning_guard.ts";
import type { ProxiedClient } from "../transport/proxy_header.ts";
import type { TrustedNetworks } from "../transport/trusted_networks.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Pop3Event } from "../events/events.ts";
import type { ListenerFaults } from "../faults/listener_faults.ts";
import type { WireLog } from "../telemetry/wire_log.ts";
import type { Clock } from "../time/clock.ts";
import type { Arrival } from "../transport/accept_loop.ts";
import type { ListenerStatus } from "./listener_status.ts";
import type { Settings } from "./settings.ts";

/** What an admission needs of its listener. What is a function may change while the listener runs. */
export interface AdmissionOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly emit: (event: Pop3Event) => void;
  /** Makes providers and connections misbehave; null for a listener that behaves. */
  readonly faults: () => ListenerFaults | null;
  /** Writes down what is said; null where nobody wants to know. */
  readonly wire: () => WireLog | null;
  /** Takes a connection over into TLS; null while that cannot be done. */
  readonly startTls: () => ((transport: Transport) => Promise<SecureTransport>) | null;
}

/** A connection whose client is known. */
interface Caller {
  readonly transport: Transport;
  readonly client: ProxiedClient;
  readonly acceptedAt: number;
  readonly isImplicitTls: boolean;
}

/** A connection that is being served. */
interface Guest {
  readonly connection: Connection;
  /** Ends the connection, and gives its place back at once. */
  readonly giveWay: () => void;
}

/** The longest that a proxy may take for its header. */
const PROXY_HEADER_MS = 15_000;

/** Admits the connections of a listener, and knows those that are open. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #services: Omit<PeerServices, "provider" | "startTls" | "showReply">;
  readonly #limits: ConnectionLimits;
  /** How those that have not logged in give way, the oldest first. */
  readonly #newcomers = new Map<Transport | ConnectionInfo, () => void>();
  /** The open connections. */
  readonly #guests = new Map<ConnectionInfo, Guest>();
  /** How those whose proxy has not spoken yet are closed. */
  readonly #arriving = new Map<Transport, () => void>();
  #lastConnectionId = 0;
  /** Called when a connection has ended. */
  #onLeave: () => void = () => {};

  constructor(options: AdmissionOptions) {
    const { settings, clock } = options;
    const loginDelay = new LoginDelay(() => settings.loginDelay, clock);
    this.#options = options;
    this.#limits = new ConnectionLimits(settings, clock, () => this.#makeRoom());
    this.#services = {
      clock,
      deadlines: new Deadlines(clock),
      guard: new BanningGuard(() => settings.banEngine, clock),
      admitLogin: (username) => loginDelay.admit(username),
      emit: (event) => this.#observe(event),
    };
  }

  /** Greets a connection of a port, or closes it. */
  receive(
    { transport, address, port, isSecure }: Arrival,
    isImplicitTls: boolean,
    proxies: TrustedNetworks | null,
  ): void {
    if (address === "") {
      transport.close();
      return this.miss();
    }
    const acceptedAt = this.#options.clock.now();
    const client: ProxiedClient = { address: unmapped(address), port, isSecure };
    const caller = { transport, client, acceptedAt, isImplicitTls };
    if (proxies?.has(client.address) !== true) this.#admit(caller);
    else this.#askProxy(transport, caller);
  }

  /** A peer was gone before it was accepted. */
  miss(): void {
    this.#options.emit({ type: "refuse", clientAddress: "", reason: "gone" });
  }

  /** Who is here now. A mailbox may be named `constructor`, which a plain object has already. */
  status(): Pick<ListenerStatus, "connections" | "mailboxes"> {
    const connections = { authorization: 0, transaction: 0, asleep: 0 };
    const mailboxes = new Map<string, number>();
    for (const [{ mailboxName }, { connection }] of this.#guests) {
      connections[connection.state]++;
      if (mailboxName !== null) mailboxes.set(mailboxName, (mailboxes.get(mailboxName) ?? 0) + 1);
    }
    return { connections, mailboxes: Object.fromEntries(mailboxes) };
  }

  /** Ends those that wait; lets running commands end. */
  stop(): void {
    for (const leave of [...this.#arriving.values()]) leave();
    for (const { connection } of [...this.#guests.values()]) connection.stop();
  }

  /** Ends all now, whatever they are doing. */
  abandon(): void {
    for (const { connection } of [...this.#guests.values()]) connection.abandon("stop");
  }

  /** Done when nobody is here any more. */
  async empty(): Promise<void> {
    while (this.#arriving.size + this.#guests.size > 0) {
      await new Promise<void>((resolve) => this.#onLeave = resolve);
    }
  }

  /** Waits for the header in which a trusted proxy says who its client is. It has a place meanwhile. */
  #askProxy(transport: PushbackTransport, caller: Caller): void {
    const { settings } = this.#options;
    const { deadlines } = this.#services;
    const place = this.#limits.takePlace();
    if (place === null) return this.#refuse(caller, "max-connections");
    /** Whether it was still waiting: each way out is taken once. */
    const leave = (): boolean => {
      if (!this.#arriving.delete(transport)) return false;
      this.#newcomers.delete(transport);
      deadlines.delete(deadline);
      place[Symbol.dispose]();
      this.#onLeave();
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
    this.#arriving.set(transport, () => {
      leave();
      transport.close();
    });
    this.#newcomers.set(transport, () => {
      if (leave()) this.#refuse(caller, "max-connections");
    });
    clientBehind(transport).then((client) => {
      // From here on it has what everybody has: a place, and the share of its own address.
      if (leave()) this.#admit({ ...caller, client: client ?? caller.client });
    }, end);
  }

  /** Serves the caller, or turns them away. Never throws: whoever cannot be served is closed. */
  #admit(caller: Caller): void {
    const held: Disposable[] = [];
    const giveBack = () => {
      for (const place of held) place[Symbol.dispose]();
    };
    try {
      const refusal = this.#takePlaces(caller.client.address, held);
      if (refusal === null) return this.#serve(caller, giveBack);
      giveBack();
      this.#refuse(caller, refusal);
    } catch (error) {
      giveBack();
      caller.transport.close();
      this.#options.emit({ type: "error", connection: null, during: "accept", error });
    }
  }

  /** What the caller takes of its address's share and of the places for all; or the limit that stands in the way. */
  #takePlaces(address: string, held: Disposable[]): LimitReached | null {
    const admission = this.#limits.admit(address);
    if (admission.type === "refused") return admission.reason;
    held.push(admission.share);
    const place = this.#limits.takePlace();
    if (place === null) return "max-connections";
    held.push(place);
    return null;
  }

  #serve(caller: Caller, giveBack: () => void): void {
    const connectionId = `${++this.#lastConnectionId}`;
    const { settings, startTls } = this.#options;
    const { transport, client, ...rest } = caller;
    const faults = this.#options.faults();
    const wire = this.#options.wire();
    const { info, connection } = servePeer(
      faults?.ofTransport(transport) ?? transport,
      { ...rest, ...client, connectionId },
      settings,
      {
        ...this.#services,
        provider: faults?.ofProvider(settings.provider) ?? settings.provider,
        startTls: startTls(),
        showReply: wire === null ? null : (info, reply) => wire.reply(info, reply),
      },
    );
    const leave = () => {
      giveBack();
      this.#newcomers.delete(info);
      this.#guests.delete(info);
      this.#onLeave();
    };
    const giveWay = () => {
      connection.giveWay();
      leave();
    };
    this.#guests.set(info, { connection, giveWay });
    this.#newcomers.set(info, giveWay);
    connection.run().then(leave);
  }

  /** Has the oldest newcomer give way; false where all are logged in. */
  #makeRoom(): boolean {
    for (const giveWay of this.#newcomers.values()) {
      giveWay();
      return true;
    }
    return false;
  }

  #refuse({ transport, client, isImplicitTls }: Caller, reason: LimitReached): void {
    this.#options.emit({ type: "refuse", clientAddress: client.address, reason });
    if (isImplicitTls) transport.close();
    else turnAway(transport, this.#services.deadlines);
  }

  /** Follows who is logged in. Of a connection that was abandoned only what has been done is told. */
  #observe(event: Pop3Event): void {
    if ("connection" in event && event.connection !== null) {
      const guest = this.#guests.get(event.connection);
      if (guest === undefined && !TOLD_LATE.has(event.type)) return;
      if (event.type === "login") this.#newcomers.delete(event.connection);
      if (event.type === "logout" && guest !== undefined) {
        this.#newcomers.set(event.connection, guest.giveWay);
      }
    }
    this.#options.emit(event);
  }
}

const TOLD_LATE: ReadonlySet<Pop3Event["type"]> = new Set(["delete", "error", "login-failed"]);

/** Loaded only where there are proxies. */
async function clientBehind(transport: PushbackTransport): Promise<ProxiedClient | null> {
  const { readProxyHeader } = await import("../transport/read_proxy_header.ts");
  return await readProxyHeader(transport);
}
