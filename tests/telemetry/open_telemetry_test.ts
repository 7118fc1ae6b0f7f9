/** The program as a source of OpenTelemetry: a collector on loopback receives what a session was. */
import { assert, assertEquals } from "@std/assert";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string | number };
}

interface Point {
  readonly attributes: readonly Attribute[];
  readonly asInt?: string | number;
  readonly asDouble?: number;
  readonly count?: string | number;
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly Point[] };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly dataPoints: readonly Point[] };
}

interface Span {
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

/** The longest that the end of the program may take. */
const EXIT_MS = 30_000;

/** The longest that the collector waits for what does not come. */
const RECEIVE_MS = 30_000;

/** Receives JSON. */
class Collector implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly metrics = new Map<string, Metric>();
  readonly spans: Span[] = [];
  #wake: () => void = () => {};

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, async (request) => {
      const body = await request.json();
      for (const resource of body.resourceMetrics ?? []) {
        for (const scope of resource.scopeMetrics) {
          for (const metric of scope.metrics) this.metrics.set(metric.name, metric);
        }
      }
      for (const resource of body.resourceSpans ?? []) {
        for (const scope of resource.scopeSpans) this.spans.push(...scope.spans);
      }
      this.#wake();
      return Response.json({});
    });
  }

  /** Waits until something was received, or so long that it is missing. */
  async until(isReceived: () => boolean): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, RECEIVE_MS);
    while (!isReceived() && !isLate) await new Promise<void>((resolve) => this.#wake = resolve);
    clearTimeout(timer);
  }

  /** The variables by which Deno exports to it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "50",
      OTEL_BSP_SCHEDULE_DELAY: "50",
    };
  }

  /** The value of a metric at some attributes: a sum, or the count of a histogram. */
  at(name: string, attributes: Readonly<Record<string, string>> = {}): number {
    const metric = this.metrics.get(name);
    const points = (metric?.sum ?? metric?.gauge ?? metric?.histogram)?.dataPoints ?? [];
    const point = points.find((each) =>
      Object.entries(attributes).every(([key, value]) => textOf(each.attributes, key) === value)
    );
    return Number(point?.asInt ?? point?.asDouble ?? point?.count ?? NaN);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function textOf(attributes: readonly Attribute[], key: string): string | undefined {
  return attributes.find((attribute) => attribute.key === key)?.value.stringValue;
}

function isOfWholeSession({ name, attributes }: Span): boolean {
  return name === "POP3 session" && textOf(attributes, "pop3.close.reason") === "quit";
}

Deno.test("metrics and a span of a session, with the names that the docs list", async () => {
  await using collector = new Collector();
  const connectionsOpen = () =>
    ["authorization", "transaction"].map((state) =>
      collector.at("pop3.server.active_connections", { "pop3.session.state": state })
    );
  const program = await RunningProgram.start([], collector.environment);
  {
    await using _running = program;
    {
      using client = await LoopbackClient.connect(program.port);
      assertEquals(await client.logIn("wrong"), "-ERR [AUTH] Wrong username or password.");
    }
    using client = await LoopbackClient.connect(program.port);
    await client.logIn();
    await client.command("STAT");
    await client.send("RETR 1\r\n");
    await client.readLines();
    await client.command("RETR 999");
    await client.command("QUIT");
    await client.readLine();
    // A gauge is sent at intervals only, and what Deno exports at its end does not always arrive.
    await collector.until(() =>
      collector.metrics.has("pop3.server.active_bans") &&
      collector.at("pop3.server.session.duration", { "pop3.close.reason": "quit" }) === 1 &&
      collector.at("pop3.server.messages.sent") === 1 &&
      connectionsOpen().every((open) => open === 0) &&
      collector.spans.some(isOfWholeSession)
    );
    // Deno's own exit hangs now and then while it exports; by then the collector has everything.
    const kill = setTimeout(() => program.signal("SIGKILL"), EXIT_MS);
    await program.end("SIGTERM");
    clearTimeout(kill);
  }
  const { metrics, spans } = collector;
  assertEquals(collector.at("pop3.server.logins", { "pop3.outcome": "ok" }), 1);
  assertEquals(collector.at("pop3.server.logins", { "pop3.outcome": "wrong" }), 1);
  const outcome = (verb: string, outcome: string) =>
    collector.at("pop3.server.command.duration", {
      "pop3.command.verb": verb,
      "pop3.outcome": outcome,
    });
  assertEquals([outcome("RETR", "ok"), outcome("RETR", "error"), outcome("STAT", "ok")], [1, 1, 1]);
  assertEquals(metrics.get("pop3.server.command.duration")?.unit, "s");
  assertEquals(
    collector.at("pop3.server.session.duration", { "pop3.close.reason": "quit" }),
    1,
  );
  assertEquals(collector.at("pop3.server.messages.sent"), 1);
  assertEquals(collector.at("pop3.server.active_bans"), 0);
  assert(collector.at("pop3.server.sent.io") > 300);
  assertEquals(metrics.get("pop3.server.sent.io")?.unit, "By");
  assertEquals(connectionsOpen(), [0, 0]);
  const session = spans.find(isOfWholeSession);
  assertEquals(textOf(session?.attributes ?? [], "user.name"), "me");
  assertEquals(textOf(session?.attributes ?? [], "client.address"), "127.0.0.1");
});

Deno.test("a program that uses the library: metrics of its listener, and no span that it did not ask for", async () => {
  await using collector = new Collector();
  const library = new URL("../../lib/mod.ts", import.meta.url).href;
  const program = `
    import { Pop3Listener, recordMetrics } from "${library}";
    const bans = { bans: () => ["192.0.2.7", "192.0.2.8"] };
    const pop3 = new Pop3Listener({ onEvent: await recordMetrics({ bans }) });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    await client.write(new TextEncoder().encode("NOOP\\r\\nQUIT\\r\\n"));
    for await (const _ of client.readable);
    await pop3.stop();
    for await (const _ of Deno.stdin.readable);`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", program],
    env: { ...collector.environment, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await collector.until(() =>
    collector.at("pop3.server.session.duration", { "pop3.close.reason": "quit" }) === 1 &&
    collector.at("pop3.server.active_bans") === 2
  );
  // What else there is leaves at the end.
  const kill = setTimeout(() => process.kill("SIGKILL"), EXIT_MS);
  await process.stdin.close();
  await process.status;
  clearTimeout(kill);
  assertEquals(collector.spans.filter(({ name }) => name.startsWith("POP3")), []);
});
