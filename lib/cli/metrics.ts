/** The metrics of `/metrics`: the numbers of the status. docs/operations/monitoring.md describes each. */
import type { Metric } from "../program.ts";
import type { ServerStatus } from "./server_status.ts";

export function metricsOf(status: ServerStatus): readonly Metric[] {
  const { certificate, users, counts, connections } = status;
  return [
    gauge("build_info", "Always 1; the version of the program", [
      { labels: { version: status.version }, value: 1 },
    ]),
    gauge(
      "start_time_seconds",
      "When the process started",
      one(status.startedAt.getTime() / 1_000),
    ),
    gauge("resident_memory_bytes", "Memory of the process", one(status.memoryOctets)),
    gauge(
      "certificate_expiry_timestamp_seconds",
      "When the certificate expires that clients get",
      certificate === null ? [] : [{
        labels: { subject: certificate.subject },
        value: certificate.validTo.getTime() / 1_000,
      }],
    ),
    gauge("users", "Users of the users file", users === null ? [] : one(users.users)),
    gauge("users_locked", "Users that are locked", users === null ? [] : one(users.locked)),
    gauge(
      "users_file_bad_lines",
      "Lines of the users file that cannot be used",
      users === null ? [] : one(users.badLines),
    ),
    gauge(
      "users_file_rejected",
      "1 while the users file cannot be used and the previous users stay",
      users === null ? [] : one(users.rejected === null ? 0 : 1),
    ),
    gauge("open_ports", "POP3 ports that are open", one(status.ports.length)),
    gauge("connections", "Open connections by state", by("state", { ...connections })),
    gauge("bans", "Addresses and networks that are banned", one(status.bans.length)),
    counter("logins_total", "Logins by outcome", by("outcome", counts.logins)),
    counter("messages_sent_total", "Messages sent, whole or in part", one(counts.messagesSent)),
    counter("sent_bytes_total", "Octets sent in ended connections", one(counts.octetsSent)),
    counter("messages_deleted_total", "Messages deleted", one(counts.messagesDeleted)),
    counter("refused_connections_total", "Refused connections", by("reason", counts.refused)),
    counter("errors_total", "Failures by name of the error", by("type", counts.errors)),
    ...metricsOfDatabase(status.database),
  ];
}

function metricsOfDatabase(database: ServerStatus["database"]): readonly Metric[] {
  if (database === null) return [];
  const { isReachable, open, inUse, waiting, counts } = database;
  const outcomes = (outcome: string, queries: Readonly<Record<string, number>>) =>
    Object.entries(queries).map(([operation, value]) => ({
      labels: { operation, outcome },
      value,
    }));
  return [
    gauge("database_up", "Whether the database could be reached lately", one(isReachable ? 1 : 0)),
    gauge(
      "database_connections",
      "Open connections to the database by state",
      by("state", { "in-use": inUse, idle: open - inUse }),
    ),
    gauge("database_waiting_queries", "Queries that wait for a connection", one(waiting)),
    counter(
      "database_queries_total",
      "Queries by what they were for, and by outcome",
      [...outcomes("ok", counts.answered), ...outcomes("error", counts.failed)],
    ),
    counter(
      "database_query_seconds_total",
      "Time that queries took",
      by("operation", counts.seconds),
    ),
    counter(
      "database_wait_seconds_total",
      "Time that queries waited for a connection",
      one(counts.waitSeconds),
    ),
    counter("leases_lost_total", "Sessions that have lost their leases", one(counts.leasesLost)),
  ];
}

function gauge(name: string, help: string, samples: Metric["samples"]): Metric {
  return { name: `pop3svc_${name}`, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: Metric["samples"]): Metric {
  return { name: `pop3svc_${name}`, type: "counter", help, samples };
}

function one(value: number): Metric["samples"] {
  return [{ value }];
}

function by(label: string, counts: Readonly<Record<string, number>>): Metric["samples"] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));
}
