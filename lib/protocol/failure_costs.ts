/**
 * What a failure costs: what it concerns, and nothing else.
 *
 * The one table. `provider_failure.ts` asks it what becomes of a session, `accept_loop.ts` what becomes of a port, and
 * docs/operations.md shows it, which a test sees to.
 */

/** What a failure concerns, the least first. */
export type Concern = "message" | "mailbox" | "connection" | "port" | "process";

/** What a failure costs, for the code and for people. */
export interface FailureCost {
  /** Which failures are meant. */
  readonly failures: string;
  /** What a client hears. */
  readonly client: string;
  /** What the administrator hears. */
  readonly log: string;
  /** What is not concerned. */
  readonly goesOn: string;
  /** Whether the session in which it happened ends. */
  readonly endsSession: boolean;
  /** Milliseconds for which the port on which it happened does not accept. */
  readonly portWaits: number;
}

export const failureCosts: Readonly<Record<Concern, FailureCost>> = {
  message: {
    failures: "a message that cannot be opened, a deletion, a WAKE: the session has what it had",
    client: "`-ERR [SYS/TEMP]`, or the provider's words",
    log: "`error`",
    goesOn: "the session, with all other messages",
    endsSession: false,
    portWaits: 0,
  },
  mailbox: {
    failures: "a provider, a list, sizes; a message that breaks off after its `+OK`",
    client: "`-ERR [SYS/TEMP]`, or the provider's words; nothing after `+OK`",
    log: "`error`",
    goesOn: "all other sessions; the client may log in again, and nothing was deleted",
    endsSession: true,
    portWaits: 0,
  },
  connection: {
    failures: "a peer that resets, leaves, is too slow, or speaks no TLS, PROXY or POP3",
    client: "one `-ERR`, where it can hear it",
    log: "one line: `close` or `refuse`, with the reason",
    goesOn: "all other connections; the port accepts at once",
    endsSession: true,
    portWaits: 0,
  },
  port: {
    failures: "`accept` fails in a way that no peer causes",
    client: "nothing; who waits is accepted later",
    log: "`error`",
    goesOn: "all sessions, all other ports; this one tries again",
    endsSession: false,
    portWaits: 0,
  },
  process: {
    failures: "no file descriptors, memory or buffers left (EMFILE, ENFILE, ENOMEM, ENOBUFS)",
    client: "nothing; who waits is accepted later",
    log: "`error`",
    goesOn: "all sessions; each port tries again after 0.1 s",
    endsSession: false,
    portWaits: 100,
  },
};

const WANTS_OF_THE_PROCESS: ReadonlySet<unknown> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOBUFS",
]);

/**
 * accept(2) gives errors that wait on the new connection, and has them treated as "try again". ENOTCONN is Deno's, for
 * a peer that was gone before it was asked for its address; EPERM is a firewall's.
 */
const FAULTS_OF_A_PEER: ReadonlySet<unknown> = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "ENOTCONN",
  "EOPNOTSUPP",
  "EPERM",
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
]);

/** What an `accept` that failed concerns. */
export function concernOfAccept(failure: unknown): "connection" | "port" | "process" {
  const code = failure instanceof Error && "code" in failure ? failure.code : null;
  if (WANTS_OF_THE_PROCESS.has(code)) return "process";
  return FAULTS_OF_A_PEER.has(code) ? "connection" : "port";
}
