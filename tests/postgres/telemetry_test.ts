/** What the log and the metrics say about the database. */
import { assertEquals } from "@std/assert";
import { metrics } from "@opentelemetry/api";
import { levelOf } from "../../lib/events/event_level.ts";
import type { Pop3Event } from "../../lib/events/events.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { recordMetrics } from "../../lib/telemetry/record_metrics.ts";

const time = new Date(0);
const query: Pop3Event = {
  type: "store-query",
  time,
  operation: "list",
  isOk: false,
  waitedMilliseconds: 3.4,
  milliseconds: 20.6,
  open: 5,
  inUse: 2,
  waiting: 1,
};

Deno.test("the log says that the database is away or back, and that a lease was lost", () => {
  const events: readonly Pop3Event[] = [
    { type: "store", time, isReachable: false, error: new Error("refused") },
    { type: "store", time, isReachable: true },
    query,
    { type: "lease-lost", time, mailbox: "me" },
  ];
  assertEquals(events.map(levelOf), ["error", "info", "debug", "warn"]);
  assertEquals(events.map((event) => logLine(event, "text", "debug")), [
    "1970-01-01T00:00:00.000Z error store reachable=no error=refused",
    "1970-01-01T00:00:00.000Z info store reachable=yes",
    "1970-01-01T00:00:00.000Z debug store-query operation=list outcome=error waited=3 milliseconds=21",
    "1970-01-01T00:00:00.000Z warn lease-lost mailbox=me",
  ]);
});

Deno.test("metrics have the queries, the pool and the leases", async () => {
  const seen: string[] = [];
  const instrument = (name: string) => {
    const note = (value: number, attributes: object = {}) => {
      seen.push([name, value, ...Object.values(attributes)].join(" "));
    };
    return { record: note, add: note, addCallback() {} };
  };
  const meter = new Proxy({}, { get: () => instrument });
  metrics.setGlobalMeterProvider({ getMeter: () => Object.create(meter) });
  try {
    const measure = await recordMetrics();
    measure(query);
    measure({ type: "lease-lost", time, mailbox: "me" });
  } finally {
    metrics.disable();
  }
  assertEquals(seen, [
    "pop3.server.store.wait.duration 0.0034",
    "pop3.server.store.query.duration 0.0206 list error",
    "pop3.server.store.connections 2 in-use",
    "pop3.server.store.connections 3 idle",
    "pop3.server.store.waiting_queries 1",
    "pop3.server.store.leases_lost 1",
  ]);
});
