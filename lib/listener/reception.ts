/**
 * What happens between `accept` and the greeting, and who is here.
 *
 * In this order: a trusted proxy says who its client is; limits; TLS, if the port begins with it; the greeting.
 * Whoever is turned away costs no handshake and no session.
 */
import type { Clock } from "../connection/clock.ts";
import { Connection, type SecureTransport } from "../connection/connection.ts";
import { Deadline, Deadlines } from "../connection/deadlines.ts";
import type { Transport, UnreadableTransport } from "../connection/transport.ts";
import { isLoopback, unmapped } from "../guard/address.ts";
import type { LineFaults } from "../faults/line_faults.ts";
import type { BanEngine } from "../guard/ban_engine.ts";
import { ConnectionLimits, type Limits } from "../guard/connection_limits.ts";
import { LoginDelay } from "../guard/login_delay.ts";
import { BanningGuard } from "../guard/login_guard.ts";
import type { ProxiedClient } from "../guard/proxy_header.ts";
import type { TrustedNetworks } from "../guard/trusted_networks.ts";
import type { MailboxProvider } from "../mailbox/mailbox_provider.ts";
import { error, type Reply, statusLine } from "../protocol/reply.ts";
import type { SessionInfo } from "../session/handler.ts";
import { Session } from "../session/session.ts";
import type { Pop3Event } from "../telemetry/events.ts";
import type { WireLog } from "../telemetry/wire_log.ts";

import type { Arrival } from "./accept_loop.ts";
import type { ListenerStatus } from "./listener_status.ts";

/** What a reception is told by its listener, read anew for each connection. */
export interface House extends Limits {
  readonly provider: MailboxProvider;
  readonly requireSecureLogin: boolean;
  readonly serviceName: string;
  readonly loginTimeout: number;
  readonly idleTimeout: number;
  readonly sleepTimeout: number;
  readonly allowUnknownIdRequests: boolean;
  readonly multiLineIndicator: boolean;
  readonly banEngine: BanEngine;
  readonly expire: number | null;
  readonly loginDelay: number;
}

/** What a reception gets besides: it comes and goes with certificates and proxies. */
export interface ReceptionOptions {
  readonly house: House;
  readonly clock: Clock;
  readonly emit: (event: Pop3Event) => void;
  /** Makes lines misbehave; null for a listener that behaves. */
  readonly lines: () => LineFaults | null;
  /** Writes down what is said; null where nobody wants to know. */
  readonly wire: () => WireLog | null;
  /** Takes a line over into TLS; null while that cannot be done. */
  readonly startTls: () => ((line: Transport) => Promise<SecureTransport>) | null;
}

/** How long a proxy may take for its header. */
const PROXY_HEADER_MS = 15_000;

/** Greets the connections of a listener, and knows those that are here. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #limits: ConnectionLimits;
  readonly #guard: BanningGuard;
  readonly #secondsUntilLogin: (userName: string) => number;
  readonly #deadlines: Deadlines;
  /** Those whose proxy has not spoken yet. */
  readonly #arriving = new Map<Transport, Promise<void>>();
  readonly #connections = new Map<Connection, Promise<void>>();
  #lastConnectionId = 0;

  constructor(options: ReceptionOptions) {
    const { house, clock } = options;
    this.#options = options;
    this.#limits = new ConnectionLimits(house, clock);
    this.#guard = new BanningGuard(() => house.banEngine, clock);
    const loginDelay = new LoginDelay(() => house.loginDelay, clock);
    this.#secondsUntilLogin = (userName) => loginDelay.secondsLeft(userName);
    this.#deadlines = new Deadlines(clock);
  }

  /** Greets a connection of a port. */
  receive(
    { transport, address, port, isSecure }: Arrival,
    isImplicitTls: boolean,
    proxies: TrustedNetworks | null,
  ): void {
    const peer: ProxiedClient = { address: unmapped(address), port, isSecure };
    if (proxies?.has(peer.address) !== true) return this.#admit(transport, peer, isImplicitTls);
    const arrival = this.#askProxy(transport, peer)
      .then((client) => client === null ? undefined : this.#admit(transport, client, isImplicitTls))
      .finally(() => this.#arriving.delete(transport));
    this.#arriving.set(transport, arrival);
  }

  /** Who is here now. */
  status(): Pick<ListenerStatus, "connections" | "mailboxes"> {
    const connections = { authorization: 0, transaction: 0, asleep: 0 };
    // A mailbox may be named `constructor`: a plain object has that already.
    const mailboxes = new Map<string, number>();
    for (const { state, info } of this.#connections.keys()) {
      connections[state]++;
      const name = info.mailboxName;
      if (name !== null) mailboxes.set(name, (mailboxes.get(name) ?? 0) + 1);
    }
    return { connections, mailboxes: Object.fromEntries(mailboxes) };
  }

  /** Ends those that wait; lets running commands end. */
  stop(): void {
    for (const transport of this.#arriving.keys()) transport.close();
    for (const connection of this.#connections.keys()) connection.stop();
  }

  /** Ends all, whatever they are doing. */
  abort(): void {
    for (const connection of this.#connections.keys()) connection.abort();
  }

  /** Done when nobody is here any more. */
  async empty(): Promise<void> {
    await Promise.all(this.#arriving.values());
    await Promise.all(this.#connections.values());
  }

  /** Who a trusted proxy speaks for; null where it spoke no PROXY protocol, and is gone. */
  async #askProxy(
    transport: UnreadableTransport,
    proxy: ProxiedClient,
  ): Promise<ProxiedClient | null> {
    const deadline = new Deadline(() => transport.close());
    deadline.at = this.#options.clock.now() + PROXY_HEADER_MS;
    this.#deadlines.add(deadline);
    try {
      const { readProxyHeader } = await import("./read_proxy_header.ts");
      return await readProxyHeader(transport) ?? proxy;
    } catch (error) {
      transport.close();
      const clientAddress = proxy.address;
      this.#options.emit({ type: "refuse", clientAddress, reason: "proxy-header", error });
      return null;
    } finally {
      this.#deadlines.delete(deadline);
    }
  }

  #admit(transport: Transport, client: ProxiedClient, isImplicitTls: boolean): void {
    const { house, clock, emit } = this.#options;
    const admission = this.#limits.admit(client.address);
    if (admission.type === "refused") {
      emit({ type: "refuse", clientAddress: client.address, reason: admission.reason });
      return isImplicitTls ? transport.close() : turnAway(transport);
    }
    const info: SessionInfo = {
      connectionId: `${++this.#lastConnectionId}`,
      clientAddress: client.address,
      clientPort: client.port,
      isSecure: client.isSecure,
      tls: null,
      userNameAtLogin: null,
      mailboxName: null,
      tag: undefined,
    };
    const startTls = this.#options.startTls();
    const wire = this.#options.wire();
    const session = new Session({
      info,
      provider: house.provider,
      serviceName: house.serviceName,
      insecureLoginAllowed: !house.requireSecureLogin || isLoopback(client.address),
      offersTls: startTls !== null,
      allowUnknownIds: house.allowUnknownIdRequests,
      marksMultiLine: house.multiLineIndicator,
      expire: house.expire,
      loginDelay: house.loginDelay,
      secondsUntilLogin: this.#secondsUntilLogin,
      guard: this.#guard,
      emit,
    });
    const line = this.#options.lines()?.ofLine(transport) ?? transport;
    const connection = new Connection(line, session, {
      info,
      clock,
      deadlines: this.#deadlines,
      loginTimeout: house.loginTimeout * 1000,
      idleTimeout: house.idleTimeout * 1000,
      sleepTimeout: house.sleepTimeout * 1000,
      emit,
      startTls: startTls ?? noCertificate,
      isImplicitTls,
      showReply: wire === null ? asItIs : (reply) => wire.reply(info, reply),
    });
    const done = connection.run().then(() => {
      admission.place[Symbol.dispose]();
      this.#connections.delete(connection);
    });
    this.#connections.set(connection, done);
  }
}

function asItIs(reply: Reply): Reply {
  return reply;
}

function noCertificate(): Promise<never> {
  return Promise.reject(new TypeError("There is no certificate"));
}

/** One write into an empty socket buffer: it does not wait, and does not need a deadline. */
function turnAway(transport: Transport): void {
  const reply = statusLine(error("Too many connections. Try again later.", "SYS/TEMP"));
  transport.write(new TextEncoder().encode(reply)).catch(() => {}).finally(() => transport.close());
}
