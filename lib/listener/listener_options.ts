/** What a listener is told: how it behaves, and where it listens. */
import type { FaultPlan } from "../faults/fault_rules.ts";
import type { BanEngine } from "../guard/ban_engine.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Pop3Events } from "../events/events.ts";
import type { CertificateSource } from "../transport/tls/certificate.ts";

/** The options of a {@linkcode Pop3Listener}; each is also a property of it, and may be changed while it runs. */
export interface Pop3ListenerOptions {
  /** Decides who may log in and what mail there is. Refuses everyone by default. */
  provider?: MailboxProvider;
  /**
   * The certificate for implicit TLS and STLS, or a function that gives it; null, the default, for neither. The
   * function is asked at each handshake, so that a certificate can be renewed while the listener runs.
   */
  certificate?: CertificateSource | null;
  /** Refuse logins on a line that is not encrypted, unless the peer is on this machine. True by default. */
  requireSecureLogin?: boolean;
  /** Who the server says it is, in its greeting and in CAPA. `pop3svc` by default. */
  serviceName?: string;
  /** Connections at the same time; beyond them the oldest that has not logged in gives way. 10000 by default. */
  maxConnections?: number;
  /** Connections at the same time from one IPv4 address, or one IPv6 /64; a /56 may have four times, a /48 sixteen times that. 100 by default. */
  maxConnectionsPerIp?: number;
  /** New connections in a second from one IPv4 address, or one IPv6 /64; not from this machine. 50 by default. */
  maxConnectionRatePerIp?: number;
  /** Decides which addresses may not log in. Three strikes in 10 000 seconds by default. */
  banEngine?: BanEngine;
  /** Seconds from the accept of a connection to its login, PROXY header and TLS handshake included. 60 by default. */
  loginTimeout?: number;
  /** Seconds without a command after the login; RFC 1939 section 3 asks for at least 600. 600 by default. */
  idleTimeout?: number;
  /** Seconds without a command while a session is asleep (billpg's SLEE). A day by default. */
  sleepTimeout?: number;
  /**
   * What EXPIRE promises in CAPA (RFC 2449 section 6.7): days for which messages are kept at least, or null for ever,
   * the default. The listener deletes nothing by age. With 0, what was read with RETR is deleted at the end.
   */
  expire?: number | null;
  /** Seconds between two logins of one user at least (LOGIN-DELAY of RFC 2449 section 6.5); 0, the default, for none. */
  loginDelay?: number;
  /** May a client name a message by a unique id that has come since its list was made? True by default. */
  allowUnknownIdRequests?: boolean;
  /** End the first line of each multi-line reply with ` _`, and say MULTI-LINE-IND in CAPA. False by default. */
  multiLineIndicator?: boolean;
  /** Makes the lines of clients misbehave, for people who test a client; on this machine only. None by default. */
  connectionFaults?: FaultPlan | null;
  /**
   * Is given what client and server said, as a transcript without secrets and messages, when a connection is over.
   * `playTranscript` of `@pop3svc/pop3svc/testing` replays it. None by default.
   */
  wireLog?: ((transcript: string) => void) | null;
  /** Does `wireLog` hold messages, too? False by default. */
  wireLogMessages?: boolean;
  /** Seconds that `stop` waits for running commands and the provider at most. 5 by default. */
  stopGrace?: number;
  /** Is told of whatever happens. */
  events?: Pop3Events;
}

/** How the connections of a socket begin. */
export interface ServeOptions {
  /** Do clients begin with a TLS handshake (RFC 8314 section 3)? It needs a certificate. False by default. */
  readonly tls?: boolean;
  /**
   * Networks (`192.0.2.0/24`, `2001:db8::7`) whose connections begin with a header of the PROXY protocol, before
   * TLS. The address in it is the client's for limits, bans, events and the provider. None by default.
   */
  readonly trustedProxies?: readonly string[];
}

/** Where to listen. */
export interface ListenOptions extends ServeOptions {
  /** The address of this machine to listen on: `127.0.0.1`, `0.0.0.0`, `::`. */
  readonly hostname: string;
  /** The port; 0 picks a free one. */
  readonly port: number;
  /**
   * May other processes listen on the same port, if all say so? The system deals connections out among them. For a
   * restart that loses none; Linux only, and the program needs `"unstable": ["net"]` in its deno.json, or Deno ends it.
   * False by default.
   */
  readonly reusePort?: boolean;
}
