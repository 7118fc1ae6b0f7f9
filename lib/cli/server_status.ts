/** The status of a running server: as JSON, as metrics and as text. docs/operations/monitoring.md describes the JSON. */
import {
  type Awaitable,
  type Ban,
  type BanEngine,
  type Counts,
  cut,
  type ListenerStatus,
  type Pop3Listener,
  printable,
} from "../program.ts";
import { versionText } from "./help.ts";
import type { DatabaseStatus, ServedDatabase } from "./served_database.ts";

/** The users of a file. */
export interface UserCounts {
  readonly users: number;
  readonly locked: number;
  readonly badLines: number;
  /** Why the file as it was at the last look cannot be used, so that the previous users stay; null where it can. */
  readonly rejected: { readonly reason: string; readonly since: Date } | null;
}

/** The status of a server. In JSON, a Date is a string. */
export interface ServerStatus extends ListenerStatus {
  readonly version: string;
  readonly startedAt: Date;
  readonly uptimeSeconds: number;
  readonly memoryOctets: number;
  /** Networks whose connections begin with a PROXY header. */
  readonly proxies: readonly string[];
  /** Null without a users file. */
  readonly users: UserCounts | null;
  /** Null without a database. */
  readonly database: DatabaseStatus | null;
  /** What happened since the start. */
  readonly counts: Counts;
  readonly bans: readonly Ban[];
}

/** Where a status comes from. */
export interface StatusSources {
  readonly pop3: Pop3Listener;
  readonly bans: BanEngine & {
    bans(): readonly Ban[];
    lift(address: string): Awaitable<boolean>;
  };
  readonly proxies: readonly string[];
  readonly users: () => UserCounts | null;
  readonly counts: () => Counts;
  readonly startedAt: Date;
  /** Null without one. */
  readonly database: ServedDatabase | null;
}

/** The status now. */
export function statusOf(
  { pop3, bans, proxies, users, counts, startedAt, database }: StatusSources,
): ServerStatus {
  return {
    version: versionText(),
    startedAt,
    uptimeSeconds: Math.round((Date.now() - startedAt.getTime()) / 1_000),
    memoryOctets: Deno.memoryUsage().rss,
    ...pop3.status(),
    proxies,
    users: users(),
    database: database?.status() ?? null,
    counts: counts(),
    bans: bans.bans(),
  };
}

/** The status as lines of text. It makes names printable, since users, mailboxes and certificates may have any names. */
export function statusText(status: ServerStatus, now: Date): string {
  const { connections: { authorization, transaction, asleep }, certificate, users } = status;
  const mailboxes = Object.entries(status.mailboxes)
    .map(([name, sessions]) => `${cut(name)} (${sessions})`);
  return [
    status.version,
    `up ${spanText(status.uptimeSeconds)}, ${Math.round(status.memoryOctets / 2 ** 20)} MB`,
    ...status.ports.map((port) => `listening on ${urlOfPort(port)}`),
    certificate === null
      ? "no certificate"
      : certificateText(certificate.subject, new Date(certificate.validTo), now),
    ...rejectedText(certificate),
    `connections: ${authorization} not logged in, ${transaction} logged in, ${asleep} asleep`,
    `mailboxes in use: ${mailboxes.join(", ") || "none"}`,
    ...(users === null
      ? []
      : [`users: ${users.users}, ${users.locked} locked, ${users.badLines} bad lines`]),
    ...usersRejectedText(users),
    // A server of an older version does not say.
    ...databaseLines(status.database ?? null),
    countsText(status.counts),
    `bans: ${status.bans.length || "none"}`,
    ...status.bans.map(({ address, seconds }) => `  ${address}, for ${spanText(seconds)} more`),
  ].map(printable).join("\n");
}

function databaseLines(database: DatabaseStatus | null): readonly string[] {
  if (database === null) return [];
  const { isReachable, open, inUse, waiting, counts } = database;
  const [answered, failed, seconds] = [counts.answered, counts.failed, counts.seconds].map(sumOf);
  const queries = (answered ?? 0) + (failed ?? 0);
  const average = queries === 0 ? 0 : 1_000 * (seconds ?? 0) / queries;
  return [
    `database: ${
      isReachable ? "" : "AWAY; "
    }${open} connections, ${inUse} in use, ${waiting} queries waiting`,
    `queries: ${queries}, ${failed} failed, ${
      average.toFixed(1)
    } ms on average; ${counts.leasesLost} leases lost`,
  ];
}

function rejectedText(certificate: ServerStatus["certificate"]): readonly string[] {
  const rejected = certificate?.rejected ?? null;
  if (rejected === null) return [];
  const since = new Date(rejected.since).toISOString();
  return [`a newer certificate is NOT USED since ${since}: ${cut(rejected.reason)}`];
}

function usersRejectedText(users: UserCounts | null): readonly string[] {
  const rejected = users?.rejected ?? null;
  if (rejected === null) return [];
  const since = new Date(rejected.since).toISOString();
  return [
    `the users file is NOT USED, and the previous users stay since ${since}: ${
      cut(rejected.reason)
    }`,
  ];
}

/** The URL of a POP3 port. */
export function urlOfPort({ hostname, port, tls }: ListenerStatus["ports"][number]): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${tls ? "pop3s" : "pop3"}://${host}:${port}`;
}

function countsText({ logins, messagesDeleted, messagesSent, refused, errors }: Counts): string {
  return [
    `since the start: ${logins.ok} logins`,
    `${logins.wrong + logins.banned} refused logins`,
    `${messagesSent} messages sent`,
    `${messagesDeleted} deleted`,
    `${sumOf(refused)} refused connections`,
    `${sumOf(errors)} errors`,
  ].join(", ");
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function certificateText(subject: string, validTo: Date, now: Date): string {
  const left = (validTo.getTime() - now.getTime()) / 1_000;
  const until = validTo.toISOString().slice(0, 10);
  if (left < 0) return `certificate ${subject} EXPIRED on ${until}`;
  return `certificate ${subject} until ${until}, ${spanText(left)} more`;
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
