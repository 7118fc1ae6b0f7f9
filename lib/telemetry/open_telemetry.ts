/**
 * Turns events into metrics and spans of OpenTelemetry. Deno sends them to the place that its `OTEL_…` variables name.
 *
 * Loaded only for `recordMetrics`. docs/operations/monitoring.md lists every metric.
 */
import {
  type Attributes,
  metrics,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import deno from "../../deno.json" with { type: "json" };
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { CloseEvent } from "../events/connection_events.ts";
import { isOfAStranger } from "../events/event_level.ts";
import type { Pop3Event, Pop3Events } from "../events/events.ts";
import type { ReplyEvent } from "../events/session_events.ts";
import type { StoreQueryEvent } from "../events/store_events.ts";
import { cut } from "./printable.ts";

/** What is measured besides events. */
export interface MetricsOptions {
  /** The ban engine whose bans are counted, such as a `StrikeBanEngine`. None by default. */
  readonly bans?: {
    /** The bans now. */
    bans(): readonly unknown[];
  };
  /** Whether each connection is a span, too, and each slow command one inside it. False by default. */
  readonly spans?: boolean;
}

/** A command that takes longer has its own span. */
const SLOW_MS = 100;
/** In seconds: from a reply out of memory to a message of a gigabyte. */
const BOUNDARIES = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600];

type State = "authorization" | "transaction" | "asleep";

interface Conversation {
  /** Null where no spans are wanted. */
  readonly span: Span | null;
  state: State;
}

/** A function for a listener's `onEvent` that measures. */
export function openTelemetryEvents(options: MetricsOptions): Pop3Events {
  const observer = new Observer(options);
  return (event) => observer.observe(event);
}

class Observer {
  readonly #hasSpans: boolean;
  readonly #tracer = trace.getTracer("pop3svc", deno.version);
  readonly #meter = metrics.getMeter("pop3svc", deno.version);
  readonly #conversations = new Map<ConnectionInfo, Conversation>();

  readonly #active = this.#meter.createUpDownCounter("pop3.server.active_connections", {
    unit: "{connection}",
    description: "Connections that are open, by the state of their session",
  });
  readonly #sessions = this.#meter.createHistogram("pop3.server.session.duration", {
    unit: "s",
    description: "From accept to close, by reason of the end",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  readonly #commands = this.#meter.createHistogram("pop3.server.command.duration", {
    unit: "s",
    description: "From a command to the end of its reply, by verb and outcome",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  readonly #logins = this.#meter.createCounter("pop3.server.logins", {
    unit: "{login}",
    description: "Logins, by mechanism and outcome",
  });
  readonly #octets = this.#meter.createCounter("pop3.server.sent.io", {
    unit: "By",
    description: "Octets sent, without those of TLS",
  });
  readonly #sent = this.#meter.createCounter("pop3.server.messages.sent", {
    unit: "{message}",
    description: "Messages sent, whole or in part, by RETR and TOP",
  });
  readonly #deleted = this.#meter.createCounter("pop3.server.messages.deleted", {
    unit: "{message}",
    description: "Messages deleted",
  });
  readonly #refused = this.#meter.createCounter("pop3.server.refused_connections", {
    unit: "{connection}",
    description: "Connections turned away before a greeting, by reason",
  });
  readonly #errors = this.#meter.createCounter("pop3.server.errors", {
    unit: "{error}",
    description: "Failures of the server, a mailbox or a provider",
  });
  readonly #queries = this.#meter.createHistogram("pop3.server.store.query.duration", {
    unit: "s",
    description: "Queries of the database, by operation and outcome",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  readonly #waits = this.#meter.createHistogram("pop3.server.store.wait.duration", {
    unit: "s",
    description: "How long queries waited for a connection",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  readonly #pool = this.#meter.createGauge("pop3.server.store.connections", {
    unit: "{connection}",
    description: "Connections to the database at the end of the last query, by state",
  });
  readonly #waiting = this.#meter.createGauge("pop3.server.store.waiting_queries", {
    unit: "{query}",
    description: "Queries that waited for a connection at the end of the last query",
  });
  readonly #leasesLost = this.#meter.createCounter("pop3.server.store.leases_lost", {
    unit: "{lease}",
    description: "Sessions that lost their lease",
  });

  constructor({ bans, spans = false }: MetricsOptions) {
    this.#hasSpans = spans;
    if (bans === undefined) return;
    this.#meter.createObservableGauge("pop3.server.active_bans", {
      unit: "{address}",
      description: "Addresses that may not log in",
    }).addCallback((result) => result.observe(bans.bans().length));
  }

  observe(event: Pop3Event): void {
    switch (event.type) {
      case "connect":
        return this.#begin(event.connection);
      case "login":
        this.#logins.add(1, { "pop3.auth.mechanism": event.mechanism, "pop3.outcome": "ok" });
        return this.#transition(event.connection, "transaction");
      case "login-failed":
        if (event.reason === "needs-tls") return;
        return this.#logins.add(1, {
          "pop3.auth.mechanism": event.mechanism,
          "pop3.outcome": event.reason,
        });
      case "sleep":
        return this.#transition(event.connection, "asleep");
      case "wake":
        return this.#transition(event.connection, "transaction");
      case "logout":
        return this.#transition(event.connection, "authorization");
      case "reply":
        return this.#reply(event);
      case "delete":
        return this.#deleted.add(event.uniqueIds.length);
      case "refuse":
        return this.#refused.add(1, { "pop3.refuse.reason": event.reason });
      case "error":
        return this.#errors.add(1, {
          // A client that rejects the certificate is no failure of the server.
          "error.type": isOfAStranger(event.during) ? "peer" : nameOf(event.error),
        });
      case "store-query":
        return this.#query(event);
      case "lease-lost":
        return this.#leasesLost.add(1);
      case "close":
        return this.#end(event);
    }
  }

  #begin(connection: ConnectionInfo): void {
    const span = this.#hasSpans ? this.#startSpan(connection) : null;
    this.#conversations.set(connection, { span, state: "authorization" });
    this.#active.add(1, stateOf("authorization"));
  }

  #startSpan(connection: ConnectionInfo): Span {
    return this.#tracer.startSpan("POP3 session", {
      kind: SpanKind.SERVER,
      attributes: {
        "network.protocol.name": "pop3",
        "client.address": connection.clientAddress,
        "client.port": connection.clientPort,
      },
    });
  }

  #transition(connection: ConnectionInfo, state: State): void {
    const conversation = this.#conversations.get(connection);
    if (conversation === undefined) return;
    this.#active.add(-1, stateOf(conversation.state));
    this.#active.add(1, stateOf(state));
    conversation.state = state;
  }

  #query(event: StoreQueryEvent): void {
    this.#waits.record(event.waitedMilliseconds / 1_000);
    this.#queries.record(event.milliseconds / 1_000, {
      "pop3.store.operation": event.operation,
      "pop3.outcome": event.isOk ? "ok" : "error",
    });
    this.#pool.record(event.inUse, { "pop3.store.state": "in-use" });
    this.#pool.record(event.open - event.inUse, { "pop3.store.state": "idle" });
    this.#waiting.record(event.waiting);
  }

  #reply({ connection, verb, isOk, code, milliseconds }: ReplyEvent): void {
    const attributes: Attributes = {
      "pop3.command.verb": verb ?? "unknown",
      "pop3.outcome": isOk ? "ok" : "error",
      ...(isOk ? {} : { "error.type": cut(code ?? "-ERR") }),
    };
    this.#commands.record(milliseconds / 1_000, attributes);
    const span = this.#conversations.get(connection)?.span ?? null;
    if (milliseconds < SLOW_MS || span === null) return;
    const now = Date.now();
    const within = trace.setSpan(ROOT_CONTEXT, span);
    this.#tracer
      .startSpan(`POP3 ${verb ?? "unknown"}`, { startTime: now - milliseconds, attributes }, within)
      .end(now);
  }

  #end({ connection, reason, milliseconds, messagesSent, octetsSent }: CloseEvent): void {
    this.#sessions.record(milliseconds / 1_000, { "pop3.close.reason": reason });
    this.#octets.add(octetsSent);
    this.#sent.add(messagesSent);
    const conversation = this.#conversations.get(connection);
    if (conversation === undefined) return;
    this.#conversations.delete(connection);
    this.#active.add(-1, stateOf(conversation.state));
    const { span } = conversation;
    if (span === null) return;
    span.setAttributes({
      "pop3.close.reason": reason,
      "pop3.messages.sent": messagesSent,
      "network.io.sent": octetsSent,
    });
    if (connection.username !== null) {
      span.setAttribute("user.name", cut(connection.username));
    }
    span.end();
  }
}

function stateOf(state: State): Attributes {
  return { "pop3.session.state": state };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? cut(error.name) : typeof error;
}
