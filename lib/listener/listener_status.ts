/** The state of a listener at one moment. */
import type { ShownCertificate } from "../transport/tls/served_certificate.ts";

/** A port that is open. */
export interface PortStatus {
  /** The address that it is bound to. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** Whether its connections begin with TLS. */
  readonly tls: boolean;
}

/** Sessions that are open, by their state (RFC 1939 section 3; asleep is billpg's SLEE). */
export interface SessionCounts {
  /** Not logged in. */
  readonly authorization: number;
  /** Logged in. */
  readonly transaction: number;
  /** Logged in, and asleep. */
  readonly asleep: number;
}

/** What {@linkcode Pop3Listener.status} returns. */
export interface ListenerStatus {
  /** The ports that are open. */
  readonly ports: readonly PortStatus[];
  /** The connections that are open. */
  readonly connections: SessionCounts;
  /** How many connections are logged in to each mailbox, by its name. */
  readonly mailboxes: Readonly<Record<string, number>>;
  /** The certificate that the next handshake shows; null without TLS. */
  readonly certificate: ShownCertificate | null;
}
