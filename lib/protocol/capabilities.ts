/** The answer to CAPA (RFC 2449). It lists exactly what works at this moment. */
import { printable } from "./reply.ts";

/** What the capabilities depend on. */
export interface CapabilityFacts {
  /** Whether USER and PASS can succeed now: before the login, on a connection that may carry a password. */
  readonly canLogInWithPassword: boolean;
  /** The SASL mechanisms that would work now. */
  readonly mechanisms: readonly string[];
  /** Whether STLS can succeed now: before the login, with a certificate, on a connection without TLS. */
  readonly canStartTls: boolean;
  /** For how many days the server keeps messages at least; null for ever. */
  readonly expire: number | null;
  /** The least seconds between two logins of a user; 0 for no limit. */
  readonly loginDelay: number;
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean;
  /** Whether a marker shows that a reply has more lines (billpg's MULTI-LINE-IND). */
  readonly marksMultiLine: boolean;
  /** The name of the server, for IMPLEMENTATION. */
  readonly serviceName: string;
}

/** One line for each capability. */
export function capabilities(facts: CapabilityFacts): string[] {
  return [
    "TOP",
    "UIDL",
    ...(facts.canLogInWithPassword ? ["USER"] : []),
    ...(facts.mechanisms.length > 0 ? [`SASL ${facts.mechanisms.join(" ")}`] : []),
    ...(facts.canStartTls ? ["STLS"] : []),
    "RESP-CODES",
    "AUTH-RESP-CODE",
    "PIPELINING",
    `EXPIRE ${facts.expire ?? "NEVER"}`,
    ...(facts.loginDelay > 0 ? [`LOGIN-DELAY ${facts.loginDelay}`] : []),
    // RFC 6856: names and passwords may be UTF-8, and replies come in several languages.
    "UTF8 USER",
    "LANG",
    "UID-PARAM",
    "DELI",
    // billpg's server says SLEE-WAKE, billpg's drafts say SLEEPING.
    "SLEE-WAKE",
    "SLEEPING",
    "QAUT",
    ...(facts.marksMultiLine ? ["MULTI-LINE-IND"] : []),
    `X-TLS ${facts.isSecure ? "True" : "False"}`,
    `IMPLEMENTATION ${printable(facts.serviceName)}`,
  ];
}
