/**
 * For each kind of failure: what it ends, and what goes on.
 *
 * `provider_failure.ts` looks up here whether a session ends, `accept_loop.ts` how long a port waits. docs/operations/troubleshooting.md
 * shows the same table, and a test compares the two.
 */

/** What a failure affects, from the smallest to the largest. */
export type Concern = "message" | "mailbox" | "connection" | "port" | "process";

/** What a failure costs: two facts for the code, and texts for docs/operations/troubleshooting.md. */
export interface FailureCost {
  /** Which failures are meant. */
  readonly failures: string;
  /** What a client receives. */
  readonly client: string;
  /** What the log says. */
  readonly log: string;
  /** What the failure does not affect. */
  readonly goesOn: string;
  /** Whether the failure ends the session in which it happened. */
  readonly endsSession: boolean;
  /** How many milliseconds the port waits until it accepts again. */
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
    client: "nothing; those who wait are accepted later",
    log: "`error`",
    goesOn: "all sessions, all other ports; this one tries again",
    endsSession: false,
    portWaits: 0,
  },
  process: {
    failures: "no file descriptors, memory or buffers left (EMFILE, ENFILE, ENOMEM, ENOBUFS)",
    client: "nothing; those who wait are accepted later",
    log: "`error`",
    goesOn: "all sessions; each port tries again after 0.1 s",
    endsSession: false,
    portWaits: 100,
  },
};

/** Errors that say that the process lacks something that all its ports need. */
const PROCESS_SHORTAGES: ReadonlySet<unknown> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOBUFS",
]);

/**
 * Errors of the new connection, which accept(2) reports; the server then accepts the next one. Deno adds ENOTCONN, for
 * a peer that left before its address was known; a firewall adds EPERM.
 */
const PEER_FAULTS: ReadonlySet<unknown> = new Set([
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

/** What a failed `accept` affects. */
export function concernOfAccept(failure: unknown): "connection" | "port" | "process" {
  const code = failure instanceof Error && "code" in failure ? failure.code : null;
  if (PROCESS_SHORTAGES.has(code) || failure instanceof Deno.errors.AddrInUse) return "process";
  return PEER_FAULTS.has(code) ? "connection" : "port";
}
