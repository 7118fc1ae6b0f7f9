/** What happens to a connection, from accept to close. */
import type { ConnectionInfo } from "../provider/connection_info.ts";

/** A limit of connections that was reached. */
export type LimitReached =
  | "max-connections"
  | "max-connections-per-ip"
  | "max-connection-rate-per-ip";

/** A client has connected; the greeting is about to be sent. */
export interface ConnectEvent {
  /** Which event this is. */
  readonly type: "connect";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A connection was refused before the greeting. */
export interface RefuseEvent {
  /** Which event this is. */
  readonly type: "refuse";
  /** When it happened. */
  readonly time: Date;
  /** The address of the client; empty where it had left before its address was known. */
  readonly clientAddress: string;
  /**
   * Which limit was reached; `proxy-header`: a trusted proxy did not name its client; `gone`: the peer had left before it
   * was served, as health checks do.
   */
  readonly reason: LimitReached | "proxy-header" | "gone";
  /** What was wrong with the proxy's header. */
  readonly error?: unknown;
}

/** The connection is encrypted from here on; `connection.tls` has the details, if the TLS engine tells. */
export interface SecureEvent {
  /** Which event this is. */
  readonly type: "secure";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** Why a connection ended. */
export type CloseReason =
  /** The client said QUIT. */
  | "quit"
  /** The client left without QUIT. */
  | "disconnect"
  /** The client left without a command, as health checks do. */
  | "gone"
  /** The client did not log in in time. */
  | "login-timeout"
  /** The client was silent, or read nothing or next to nothing, for too long. */
  | "idle-timeout"
  /** The TLS handshake failed. */
  | "tls-failed"
  /** The server closed it after an error reply, or in the middle of a message that it could not read. */
  | "error"
  /** The client spoke HTTP: a browser, a scanner. */
  | "spoke-http"
  /** The client spoke SSH. */
  | "spoke-ssh"
  /** The client began with a TLS handshake on a plain port. */
  | "spoke-tls"
  /** All places were taken, and this was the oldest connection that had not logged in. */
  | "max-connections"
  /** The listener was stopped. */
  | "stop";

/** A connection has ended. */
export interface CloseEvent {
  /** Which event this is. */
  readonly type: "close";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** Why it ended. */
  readonly reason: CloseReason;
  /** How long it lasted since it was accepted. */
  readonly milliseconds: number;
  /** Messages sent whole or in part, by RETR and TOP. */
  readonly messagesSent: number;
  /** Octets sent. */
  readonly octetsSent: number;
}
