/** What concerns the server, a provider or a mailbox. */
import type { ConnectionInfo } from "../provider/connection_info.ts";

/** A certificate is in use from here on: at the start, or after its renewal. */
export interface CertificateEvent {
  /** Which event this is. */
  readonly type: "certificate";
  /** When it happened. */
  readonly time: Date;
  /** Its subject: `CN=mail.example`. */
  readonly subject: string;
  /** When it expires. */
  readonly validTo: Date;
}

/** The certificate in use expires within 14 days, or has expired. Told at its first use, and once a day. */
export interface CertificateExpiryEvent {
  /** Which event this is. */
  readonly type: "certificate-expiry";
  /** When it happened. */
  readonly time: Date;
  /** Its subject: `CN=mail.example`. */
  readonly subject: string;
  /** When it expires. */
  readonly validTo: Date;
  /** Whether it has expired: clients refuse it. */
  readonly isExpired: boolean;
}

/** Something failed. The client learns as little as possible; this event has all that is known. */
export interface ErrorEvent {
  /** Which event this is. */
  readonly type: "error";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about; null for the listener itself. */
  readonly connection: ConnectionInfo | null;
  /** What was being done: a verb, or `accept`, `tls`, `certificate`, `release`, `sending a message`. */
  readonly during: string;
  /** What was thrown. */
  readonly error: unknown;
  /** The username that was tried, cut at 256 characters, where a login failed; left out elsewhere. */
  readonly username?: string;
}

/** A rule that a provider or a mailbox must keep. */
export type ProviderRule =
  /** A unique id is 1 to 70 characters from 0x21 to 0x7E, and not `_` (RFC 1939 section 7). */
  | "unique-id-form"
  /** No two messages have the same unique id (RFC 1939 section 7). */
  | "unique-id-twice"
  /** `messageSize` is what the contents are, with CRLF line ends (RFC 1939 section 11). */
  | "message-size"
  /** A provider settles every promise within half a minute, and within `stopGrace`. */
  | "unsettled-promise"
  /** So does the `close` of a message's contents. */
  | "unclosed-contents"
  /** No operation keeps the event loop from all other sessions for as long as a second. */
  | "blocked-event-loop";

/** What is missing on this machine. */
export type MachineRule =
  /** The program was to listen on `::`, but this machine has no IPv6. It listens on its other addresses. */
  "no-ipv6";

/** A provider or a mailbox has broken a rule, which its author wants to know; or something is missing on this machine. */
export interface WarningEvent {
  /** Which event this is. */
  readonly type: "warning";
  /** When it happened. */
  readonly time: Date;
  /** The connection it is about; null where it is about none. */
  readonly connection: ConnectionInfo | null;
  /** Which rule was broken. */
  readonly rule: ProviderRule | MachineRule;
  /** What broke it: a unique id, two sizes, the pending operation (`authenticate`, `messageContents`), or an address. */
  readonly value: string;
  /** The message: its unique id, or its number where that is what is wrong; null where it is about none. */
  readonly message: string | null;
  /** How long the operation has been going on; left out where it is about none. */
  readonly milliseconds?: number;
}

/** The listener misbehaves on purpose. */
export interface FaultsEvent {
  /** Which event this is. */
  readonly type: "faults";
  /** When it happened. */
  readonly time: Date;
  /** The number of rules by which it misbehaves. */
  readonly rules: number;
  /** The seed that makes it misbehave the same way again. */
  readonly seed: number;
}

/** The listener stops, and its sessions may go on for a while. `stop` without `drain` has no such event. */
export interface DrainEvent {
  /** Which event this is. */
  readonly type: "drain";
  /** When it happened. */
  readonly time: Date;
  /** `begin`: no new connections from here on; `end`: the listener has stopped. */
  readonly phase: "begin" | "end";
  /** How many connections were open at the beginning; at the end: how many were still open when the time was over. */
  readonly sessions: number;
  /** How many of them were closed although they had not ended by themselves; 0 at the beginning. */
  readonly cut: number;
}
