/** The answer to CAPA (RFC 2449), computed from facts: it tells what works now, and nothing else. */
import { printable } from "./reply.ts";

/** What decides which capabilities there are. */
export interface CapabilityFacts {
  /** Could USER and PASS succeed now: not logged in, and a password may be sent on this line? */
  readonly canLogInWithPassword: boolean;
  /** The SASL mechanisms that would work now. */
  readonly mechanisms: readonly string[];
  /** Would STLS succeed now: a certificate is there, the line is plain, nobody is logged in? */
  readonly canStartTls: boolean;
  /** Days for which messages are kept at least, or null for ever. */
  readonly expire: number | null;
  /** Seconds between two logins of one user at least; 0 for none. */
  readonly loginDelay: number;
  /** Is the line encrypted? */
  readonly isSecure: boolean;
  /** Does a marker say that a reply has more lines? */
  readonly marksMultiLine: boolean;
  /** Who the server says it is. */
  readonly serviceName: string;
}

/** The capabilities, a line each. */
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
    // RFC 6856: names and passwords may be UTF-8, and replies in several languages.
    "UTF8 USER",
    "LANG",
    "UID-PARAM",
    "DELI",
    // His drafts' name for it, and that of his clients.
    "SLEE-WAKE",
    "SLEEPING",
    "QAUT",
    ...(facts.marksMultiLine ? ["MULTI-LINE-IND"] : []),
    `X-TLS ${facts.isSecure ? "True" : "False"}`,
    `IMPLEMENTATION ${printable(facts.serviceName)}`,
  ];
}
