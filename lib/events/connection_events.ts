/** What happens to a connection, from accept to close. */
import type { ConnectionInfo } from "../provider/connection_info.ts";

/** A limit that stands in the way of a connection. */
export type LimitReached =
  | "max-connections"
  | "max-connections-per-ip"
  | "max-connection-rate-per-ip";

/** A client is there; its greeting is about to be sent. */
export interface ConnectEvent {
  /** Which event this is. */
  readonly type: "connect";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** A client was turned away before a greeting. */
export interface RefuseEvent {
  /** Which event this is. */
  readonly type: "refuse";
  /** The address of the client; empty where it was gone before it could be asked for. */
  readonly clientAddress: string;
  /**
   * Which limit was reached; `proxy-header`: a trusted proxy did not say who its client is; `gone`: the peer had left
   * before it was served, as health checks do.
   */
  readonly reason: LimitReached | "proxy-header" | "gone";
  /** What was wrong with the header of the proxy. */
  readonly error?: unknown;
}

/** The line is encrypted from here on; how is in `connection.tls`. */
export interface SecureEvent {
  /** Which event this is. */
  readonly type: "secure";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
}

/** Why a connection ended. */
export type CloseReason =
  /** The client said QUIT. */
  | "quit"
  /** The client went away. */
  | "disconnect"
  /** It went away without a word, as health checks do. */
  | "gone"
  /** The client did not log in in time. */
  | "login-timeout"
  /** The client was silent, or read nothing or next to nothing, for too long. */
  | "idle-timeout"
  /** The TLS handshake failed. */
  | "tls-failed"
  /** The server closed it behind an error reply, or in the middle of a message that could not be read. */
  | "error"
  /** Its first line, or header lines, were HTTP's: a browser, a scanner. */
  | "spoke-http"
  /** Its first line was SSH's. */
  | "spoke-ssh"
  /** It began with a TLS handshake where TLS does not come first. */
  | "spoke-tls"
  /** All places were taken, and of those who had not logged in it was the oldest. */
  | "max-connections"
  /** The listener was stopped. */
  | "stop";

/** A connection is over. */
export interface CloseEvent {
  /** Which event this is. */
  readonly type: "close";
  /** The connection it is about. */
  readonly connection: ConnectionInfo;
  /** Why it ended. */
  readonly reason: CloseReason;
  /** Milliseconds since it was accepted. */
  readonly duration: number;
  /** Messages sent whole or in part, by RETR and TOP. */
  readonly messagesSent: number;
  /** Octets sent. */
  readonly octetsSent: number;
}
