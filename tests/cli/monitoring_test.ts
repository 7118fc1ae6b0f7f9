/** `/metrics`, `/healthz` and `status --json`: what they say, who may ask, and that the page describes them. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type AdminOptions, openAdmin } from "../../lib/cli/admin.ts";
import { type AdminSources, answerTo } from "../../lib/cli/admin_answers.ts";
import { openAdminPort } from "../../lib/cli/admin_port.ts";
import { metricsOf } from "../../lib/cli/metrics.ts";
import type { ServerStatus } from "../../lib/cli/server_status.ts";
import { status } from "../../lib/cli/status.ts";
import { Counters } from "../../lib/telemetry/counters.ts";
import { prometheusText } from "../../lib/telemetry/prometheus.ts";
import { DocumentedShape, tableOf } from "../documented_shape.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { parsePrometheus } from "../prometheus_parser.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

const PAGE = "docs/operations/monitoring.md";

const quiet: ServerStatus = {
  version: "pop3svc",
  startedAt: new Date(0),
  uptimeSeconds: 0,
  memoryOctets: 0,
  ports: [],
  connections: { authorization: 0, transaction: 0, asleep: 0 },
  mailboxes: {},
  certificate: null,
  proxies: [],
  users: null,
  database: null,
  counts: new Counters().counts(),
  bans: [],
};

function adminPortOf(program: RunningProgram): number {
  const text = program.readyLines.join("\n");
  return Number(/listening on http:\/\/[\d.]+:(\d+)/.exec(text)?.[1]);
}

async function usersAndCertificate(folder: TemporaryFolder): Promise<string[]> {
  const path = (name: string) => join(folder.path, name);
  await Deno.mkdir(path("mail/joe"), { recursive: true });
  await Deno.writeTextFile(path("mail/joe/a.eml"), "Subject: a\r\n\r\n");
  await Deno.writeTextFile(path("users"), "joe:{PLAIN}j\nann:!\nbad\n", { mode: 0o600 });
  await Deno.writeTextFile(path("cert.pem"), certificate.cert, { mode: 0o600 });
  await Deno.writeTextFile(path("key.pem"), certificate.key, { mode: 0o600 });
  return [
    ...["--users", path("users"), "--mail-root", path("mail"), "--state-dir", path("state")],
    ...["--cert", path("cert.pem"), "--key", path("key.pem"), "--tls-port", "0"],
  ];
}

Deno.test("after some sessions, /metrics and status --json have the same numbers, and the page describes all of them", async () => {
  await using folder = await TemporaryFolder.create();
  await using program = await RunningProgram.start([
    ...await usersAndCertificate(folder),
    ...["--admin", "0", "--max-connections-per-ip", "2", "--proxy-protocol", "192.0.2.0/24"],
  ]);
  const admin = adminPortOf(program);
  {
    using joe = await LoopbackClient.connect(program.port);
    await joe.readLine();
    assertMatch(await joe.command("XLOG joe wrong") ?? "", /^-ERR/);
    assertMatch(await joe.command("XLOG joe j") ?? "", /^\+OK/);
    assertMatch(await joe.command("RETR 1") ?? "", /^\+OK/);
    await joe.readLines();
    await joe.command("DELE 1");
    await joe.command("QUIT");
    assertEquals(await joe.readLine(), null);
  }
  using one = await LoopbackClient.connect(program.port);
  await one.readLine();
  await one.command("XLOG joe j");
  using two = await LoopbackClient.connect(program.port);
  await two.readLine();
  using three = await LoopbackClient.connect(program.port);
  assertMatch(await three.readLine() ?? "", /^-ERR/);

  const response = await fetch(`http://127.0.0.1:${admin}/metrics`);
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const metrics = parsePrometheus(await response.text());
  // Both places of this address are taken: the ports refuse to greet, which is what the exit code says.
  const asked = await runProgram(["status", "--admin", `${admin}`, "--json"]);
  assertEquals(asked.code, 1);
  const told = JSON.parse(asked.stdout);
  const numbers = Object.fromEntries(
    [...metrics].map(([name, { samples }]) => [name, Object.fromEntries(samples)]),
  );
  assertEquals(numbers["pop3svc_logins_total"], {
    '{outcome="ok"}': told.counts.logins.ok,
    '{outcome="wrong"}': told.counts.logins.wrong,
    '{outcome="banned"}': told.counts.logins.banned,
  });
  assertEquals(told.counts.logins, { ok: 2, wrong: 1, banned: 0 });
  assertEquals(told.counts.errors, { Error: 1 });
  assertEquals(numbers["pop3svc_errors_total"], { '{type="Error"}': 1 });
  assertEquals(numbers["pop3svc_refused_connections_total"], {
    '{reason="max-connections-per-ip"}': 1,
  });
  for (
    const [name, value, expected] of [
      ["users", told.users.users, 2],
      ["users_locked", told.users.locked, 1],
      ["users_file_bad_lines", told.users.badLines, 1],
      ["users_file_rejected", told.users.rejected === null ? 0 : 1, 0],
      ["open_ports", told.ports.length, 2],
      ["bans", told.bans.length, 0],
      ["messages_deleted_total", told.counts.messagesDeleted, 1],
      ["messages_sent_total", told.counts.messagesSent, 1],
      ["start_time_seconds", Date.parse(told.startedAt) / 1_000, null],
    ] as const
  ) {
    assertEquals(numbers[`pop3svc_${name}`], { "": value }, name);
    if (expected !== null) assertEquals(value, expected, name);
  }
  assertEquals(numbers["pop3svc_connections"], {
    '{state="authorization"}': 1,
    '{state="transaction"}': 1,
    '{state="asleep"}': 0,
  });
  assertEquals(
    numbers["pop3svc_certificate_expiry_timestamp_seconds"],
    { '{subject="CN=localhost"}': Date.parse(told.certificate.validTo) / 1_000 },
  );

  const described = await tableOf(PAGE, "metric", "type", "labels", "meaning");
  assertEquals(
    [...metrics].map(([name, { type, labels }]) => [name, type, [...labels].join(", ")]).sort(),
    described.map((row) => row.slice(0, 3)).sort(),
  );
  const shape = await DocumentedShape.of(PAGE);
  shape.check(told);
  const rejected = { files: ["cert.pem"], reason: "it is not there", since: told.startedAt };
  shape.check({ bans: [{ address: "192.0.2.1", seconds: 1 }], certificate: { rejected } });
  shape.check({ users: { rejected: { reason: "it is not there", since: told.startedAt } } });
  const queries = { answered: { list: 1 }, failed: { list: 1 }, seconds: { list: 0.1 } };
  const pool = { isReachable: true, open: 1, inUse: 0, waiting: 0 };
  const database = { ...pool, counts: { ...queries, waitSeconds: 0, leasesLost: 0 } };
  shape.check({ database });
  assertEquals(shape.unseen, []);
});

Deno.test("names in labels cannot forge a metric", () => {
  const subject = 'CN="x"\\\npop3svc_users 7\u2028';
  const text = prometheusText(metricsOf({
    ...quiet,
    certificate: { subject, validTo: new Date(0), rejected: null },
    counts: { ...quiet.counts, errors: { 'a"} 1\nb': 1 } },
  }));
  const metrics = parsePrometheus(text);
  assertEquals(metrics.has("pop3svc_users"), false);
  assertEquals(metrics.get("pop3svc_errors_total")?.samples.size, 1);
});

Deno.test("errors are counted by a bounded number of names", () => {
  const counters = new Counters();
  for (let number = 0; number < 1_000; number++) {
    const error = Object.assign(new Error(), { name: `E${number}` });
    counters.observe({ type: "error", time: new Date(), connection: null, during: "x", error });
  }
  const { errors } = counters.counts();
  assertEquals([Object.keys(errors).length, errors["other"]], [101, 900]);
});

const sources: AdminSources = {
  status: () => quiet,
  lift: () => true,
  illness: () => [],
};

Deno.test("other machines get /metrics and /healthz with any Host, and nothing else; loopback with its own only", async () => {
  const cases: readonly (readonly [string, string, string, string, number])[] = [
    ["192.0.2.7", "GET", "/metrics", "mail.example", 200],
    ["192.0.2.7", "HEAD", "/metrics", "mail.example", 200],
    ["2001:db8::7", "GET", "/healthz", "", 200],
    ["::ffff:192.0.2.7", "GET", "/healthz", "x", 200],
    ["192.0.2.7", "POST", "/metrics", "mail.example", 403],
    ["192.0.2.7", "GET", "/status", "localhost", 403],
    ["192.0.2.7", "GET", "/metrics/", "localhost", 403],
    ["192.0.2.7", "DELETE", "/bans/192.0.2.7", "127.0.0.1", 403],
    ["", "GET", "/status", "localhost", 403],
    ["127.0.0.1", "GET", "/metrics", "mail.example", 403],
    ["::1", "GET", "/healthz", "mail.example", 403],
    ["::ffff:127.0.0.1", "GET", "/status", "127.0.0.1.evil.example", 403],
    ["::ffff:127.0.0.1", "GET", "/status", "127.0.0.1:1180", 200],
    ["::1", "GET", "/status", "[::1]:1180", 200],
    ["127.0.0.1", "GET", "/metrics", "localhost:1180", 200],
    ["127.0.0.1", "DELETE", "/bans/192.0.2.7", "localhost", 200],
    ["127.0.0.1", "POST", "/status", "localhost", 404],
  ];
  for (const [address, method, url, host, expected] of cases) {
    const answer = await answerTo({ address, method, url, headers: { host } }, sources);
    assertEquals(answer.status, expected, `${address} ${method} ${url} ${host}`);
  }
});

Deno.test("an address of this machine that is not loopback is another machine; HEAD has no body", async () => {
  const own = Deno.networkInterfaces().find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  )?.address;
  if (own === undefined) return console.warn("SKIPPED: this machine has no address");
  await using server = await openAdmin({ hostname: "0.0.0.0", port: 0 }, {
    ...sources,
    fails: (error) => {
      throw error;
    },
  });
  const statusOf = async (host: string, path: string, method = "GET") => {
    const response = await fetch(`http://${host}:${server.port}${path}`, { method });
    return [response.status, (await response.text()).split("\n", 1)[0]];
  };
  assertEquals(await statusOf(own, "/healthz"), [200, "ok"]);
  assertEquals(await statusOf(own, "/healthz", "HEAD"), [200, ""]);
  assertEquals((await statusOf(own, "/status"))[0], 403);
  assertEquals((await statusOf("127.0.0.1", "/status"))[0], 200);
});

Deno.test("an ill server answers 503 with its reasons", async () => {
  const ill = { ...sources, illness: () => ["1 of 2 ports open", "two\nlines"] };
  const request = { address: "192.0.2.7", method: "GET", url: "/healthz", headers: {} };
  assertEquals(await answerTo(request, ill), {
    status: 503,
    text: "1 of 2 ports open\ntwo\\u000alines",
  });
});

Deno.test("with --reuse-port, a second process on the admin port serves, and waits for it; without, it ends", async () => {
  await using first = await RunningProgram.start(["--admin", "0"]);
  const admin = `${adminPortOf(first)}`;
  const refused = await runProgram(["--port", "0", "--admin", admin]);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /^pop3svc: cannot listen on 127\.0\.0\.1 port \d+: another program/m);
  await using second = await RunningProgram.start(["--admin", admin, "--reuse-port"]);
  const waits = `waiting for http://127.0.0.1:${admin}, which another process has`;
  assertEquals(second.readyLines.filter((line) => line === waits).length, 1);
  using client = await LoopbackClient.connect(second.port);
  assertMatch(await client.readLine() ?? "", /^\+OK/);
});

Deno.test("the awaited port is opened as soon as it is free", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clock = new ManualClock();
  const said: string[] = [];
  const opened = Promise.withResolvers<void>();
  const options: AdminOptions = { ...sources, fails: (error) => said.push(`${error}`) };
  const { port } = taken.addr;
  const url = `http://127.0.0.1:${port}`;
  const opening = {
    ...{ address: { hostname: "127.0.0.1", port }, waits: true, clock },
    opened: (url: string) => {
      said.push(`opened ${url}`);
      opened.resolve();
    },
    waiting: (url: string) => said.push(`waiting ${url}`),
  };
  await assertRejects(
    () => openAdminPort({ ...opening, waits: false }, options),
    Error,
    "another program is using it",
  );
  await using _admin = await openAdminPort(opening, options);
  for (let attempt = 0; attempt < 3; attempt++) {
    clock.advance(1_000);
    while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(said, [`waiting ${url}`]);
  taken.close();
  clock.advance(1_000);
  await opened.promise;
  assertEquals(said, [`waiting ${url}`, `opened ${url}`]);
  assertEquals(await (await fetch(`${url}/healthz`)).text(), "ok\n");
});

Deno.test("status asks ports with TLS, and those behind a proxy", async () => {
  await using folder = await TemporaryFolder.create();
  await using program = await RunningProgram.start([
    ...await usersAndCertificate(folder),
    ...["--admin", "0", "--proxy-protocol", "127.0.0.1", "--log-level", "debug"],
  ]);
  const asked = await runProgram(["status", "--admin", `${adminPortOf(program)}`, "--json"]);
  assertEquals(asked.code, 0, asked.stderr);
  const { ports } = JSON.parse(asked.stdout);
  assertEquals(
    ports.map(({ tls, greets, reason }: Record<string, unknown>) => [tls, greets, reason]),
    [[false, true, null], [true, true, null]],
  );
  const { stderr } = await program.end("SIGTERM");
  assertEquals(
    / (?:warn|error) (?:refuse|close|failed during=(?!"users file"))/.test(stderr),
    false,
    stderr,
  );
});

/** A program in the place of a server, whose status names one port. */
function statusServer(port: number): Deno.HttpServer<Deno.NetAddr> {
  const ports = [{ hostname: "127.0.0.1", port, tls: false }];
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => Response.json({ ...quiet, ports }),
  );
}

Deno.test("status exits with 1 when a port is closed, or another program has it", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  await using server = statusServer(port);
  const asked = await runProgram(["status", "--admin", `${server.addr.port}`]);
  assertEquals(asked.code, 1);
  assertStringIncludes(
    asked.stdout,
    `\nerror: pop3://127.0.0.1:${port} does not greet: nobody listens there\n`,
  );
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  other.accept().then(async (connection) => {
    await connection.write(new TextEncoder().encode("220 smtp\x1b[2J ready\r\n"));
    connection.close();
  });
  await using second = statusServer(other.addr.port);
  const heard = await runProgram(["status", "--admin", `${second.addr.port}`]);
  assertEquals(heard.code, 1);
  assertMatch(
    heard.stdout,
    /does not greet: it does not speak POP3: "220 smtp\\u001b\[2J ready"\n$/,
  );
});

Deno.test("a port that does not greet has five seconds", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using server = statusServer(silent.addr.port);
  const clock = new ManualClock();
  const admin = { hostname: "127.0.0.1", port: server.addr.port };
  const code = status({ admin, json: false, lift: null }, clock);
  using _connection = await silent.accept();
  clock.advance(4_999);
  clock.advance(1);
  assertEquals(await code, 1);
});

Deno.test({
  name: "a server that was stopped by SIGSTOP does not hang status",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using program = await RunningProgram.start(["--admin", "0"]);
    program.signal("SIGSTOP");
    const clock = new ManualClock();
    const admin = { hostname: "127.0.0.1", port: adminPortOf(program) };
    const asked = status({ admin, json: false, lift: null }, clock);
    while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve));
    clock.advance(5_000);
    await assertRejects(() => asked, Error, "no answer within 5 seconds");
  },
});
