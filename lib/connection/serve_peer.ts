/** Makes a served peer of a transport: its session, and the connection that drives it. */
import { Operations } from "../border/operations.ts";
import type { Happening } from "../events/events.ts";
import type { Reply } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { SessionInfo } from "../session/session_info.ts";
import type { LoginGuard, LoginPace } from "../session/login_guard.ts";
import { Session } from "../session/session.ts";
import type { SessionSettings } from "../session/session_settings.ts";
import type { Clock } from "../time/clock.ts";
import type { Deadlines } from "../time/deadlines.ts";
import type { Handshake, Transport } from "../transport/transport.ts";
import { Connection } from "./connection.ts";
import type { ConnectionSettings } from "./connection_settings.ts";

/** Who the peer is, and how its connection begins. */
export interface Peer {
  readonly connectionId: string;
  /** Its address without a port. */
  readonly address: string;
  readonly port: number;
  /** What limits and bans count: the address, or 127.0.0.1 for any address of this machine. */
  readonly countedAddress: string;
  /** Whether the transport is encrypted already. */
  readonly isSecure: boolean;
  /** Whether the peer begins with a TLS handshake (RFC 8314 section 3). */
  readonly isImplicitTls: boolean;
  /** When it was accepted, by the clock: before its PROXY header. */
  readonly acceptedAt: number;
}

/** What all peers of a listener share. */
export interface PeerServices {
  /** Asked for the mailbox; the session keeps it. */
  readonly provider: MailboxProvider;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly guard: LoginGuard;
  readonly loginPace: LoginPace;
  readonly emit: (event: Happening) => void;
  /** Takes a transport over into TLS; null while that cannot be done. */
  readonly startTls: Handshake | null;
  /** Sees every reply, and gives what is sent in its place; null where nobody looks. */
  readonly showReply: ((info: ConnectionInfo, reply: Reply) => Reply) | null;
}

/** A peer that `connection.run()` will serve. */
export interface ServedPeer {
  readonly info: SessionInfo;
  readonly connection: Connection;
}

/** @param settings of the listener, read whenever one is needed */
export function servePeer(
  transport: Transport,
  peer: Peer,
  settings: SessionSettings & ConnectionSettings,
  services: PeerServices,
): ServedPeer {
  const { guard, loginPace, emit, startTls, showReply } = services;
  const info = new SessionInfo({
    connectionId: peer.connectionId,
    clientAddress: peer.address,
    clientPort: peer.port,
    countedAddress: peer.countedAddress,
    isSecure: peer.isSecure,
  });
  const { clock, deadlines } = services;
  const session = new Session({
    info,
    settings,
    provider: services.provider,
    offersTls: startTls !== null,
    loginPace,
    guard,
    operations: new Operations({ info, emit, clock, deadlines }),
    clock,
    emit,
  });
  const connection = new Connection(transport, session, {
    info,
    settings,
    clock,
    deadlines,
    acceptedAt: peer.acceptedAt,
    isImplicitTls: peer.isImplicitTls,
    emit,
    startTls: startTls ?? noCertificate,
    showReply: showReply === null ? asItIs : (reply) => showReply(info, reply),
  });
  return { info, connection };
}

function asItIs(reply: Reply): Reply {
  return reply;
}

function noCertificate(): Promise<never> {
  return Promise.reject(new TypeError("There is no certificate"));
}
