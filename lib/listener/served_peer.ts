/** Puts together what serves one peer: its session, and the connection that drives it. */
import type { Clock } from "../time/clock.ts";
import { Connection, type SecureTransport } from "../connection/connection.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { Transport } from "../transport/transport.ts";
import type { ConnectionFaults } from "../faults/connection_faults.ts";
import { isLoopback } from "../transport/address.ts";
import type { BanEngine } from "../guard/ban_engine.ts";
import type { Limits } from "../guard/connection_limits.ts";
import type { LoginGuard } from "../session/login_guard.ts";
import type { ProxiedClient } from "../transport/proxy_header.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Reply } from "../protocol/reply.ts";
import type { SessionInfo } from "../session/handler.ts";
import { Session } from "../session/session.ts";
import type { Pop3Event } from "../events/events.ts";
import type { WireLog } from "../telemetry/wire_log.ts";

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
  readonly lines: () => ConnectionFaults | null;
  /** Writes down what is said; null where nobody wants to know. */
  readonly wire: () => WireLog | null;
  /** Takes a line over into TLS; null while that cannot be done. */
  readonly startTls: () => ((line: Transport) => Promise<SecureTransport>) | null;
}

/** Somebody who is about to be served. */
export interface Guest {
  readonly transport: Transport;
  readonly client: ProxiedClient;
  readonly acceptedAt: number;
  /** Whether the client begins with a TLS handshake. */
  readonly isImplicitTls: boolean;
  readonly connectionId: string;
}

/** What all guests of a reception share. */
export interface SharedServices {
  readonly deadlines: Deadlines;
  readonly guard: LoginGuard;
  readonly admitLogin: (username: string) => number;
  readonly emit: (event: Pop3Event) => void;
}

/** The connection of a guest, which has not begun yet, and its facts. */
export function connectionOf(
  { transport, client, acceptedAt, isImplicitTls, connectionId }: Guest,
  { house, clock, ...options }: ReceptionOptions,
  { deadlines, guard, admitLogin, emit }: SharedServices,
): readonly [info: SessionInfo, connection: Connection] {
  const info: SessionInfo = {
    connectionId,
    clientAddress: client.address,
    clientPort: client.port,
    isSecure: client.isSecure,
    tls: null,
    username: null,
    mailboxName: null,
    tag: undefined,
  };
  const startTls = options.startTls();
  const wire = options.wire();
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
    admitLogin,
    guard,
    emit,
  });
  const connection = new Connection(options.lines()?.ofLine(transport) ?? transport, session, {
    info,
    clock,
    deadlines,
    acceptedAt,
    loginTimeout: house.loginTimeout * 1000,
    idleTimeout: house.idleTimeout * 1000,
    sleepTimeout: house.sleepTimeout * 1000,
    emit,
    startTls: startTls ?? noCertificate,
    isImplicitTls,
    showReply: wire === null ? asItIs : (reply) => wire.reply(info, reply),
  });
  return [info, connection];
}

function asItIs(reply: Reply): Reply {
  return reply;
}

function noCertificate(): Promise<never> {
  return Promise.reject(new TypeError("There is no certificate"));
}
