/** `pop3svc status` and the admin port that it asks, which only this machine can reach. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { MemoryMailbox, SingleUserProvider, StrikeBanEngine } from "../../lib/mod.ts";
import { Pop3Listener } from "../../lib/listener/pop3_listener.ts";
import { type AdminOptions, type AdminPort, openAdmin } from "../../lib/cli/admin.ts";
import { statusOf, statusText } from "../../lib/cli/server_status.ts";
import { Counters } from "../../lib/telemetry/counters.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

function fail(error: unknown): never {
  throw error;
}

/** The port of a listener, as `serve` opens it. */
function openFor(
  pop3: Pop3Listener,
  bans: StrikeBanEngine,
  options: Partial<AdminOptions> = {},
): Promise<AdminPort> {
  const counts = new Counters();
  const sources = {
    ...{ pop3, bans, proxies: [], startedAt: new Date(), users: () => null, database: null },
    counts: () => counts.counts(),
  };
  return openAdmin({ hostname: "127.0.0.1", port: 0 }, {
    status: () => statusOf(sources),
    lift: (address) => bans.lift(address),
    illness: () => [],
    fails: fail,
    ...options,
  });
}

function adminPortOf(program: RunningProgram): string {
  return program.readyLines
    .map((line) => /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]).find((port) => port) ?? "";
}

Deno.test("status as text and as JSON: ports, certificate, connections, mailboxes", async () => {
  await using folder = await TemporaryFolder.create();
  const path = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(path("cert.pem"), certificate.cert);
  await Deno.writeTextFile(path("key.pem"), certificate.key);
  await Deno.mkdir(path("mail"));
  await using program = await RunningProgram.start([
    ...[path("mail"), "--admin", "0", "--tls-port", "0"],
    ...["--cert", path("cert.pem"), "--key", path("key.pem")],
  ]);
  const admin = adminPortOf(program);
  using client = await LoopbackClient.connect(program.port);
  await client.logIn();
  using _other = await LoopbackClient.connectTls(program.tlsPort);

  const { stdout, code } = await runProgram(["status", "--admin", admin]);
  assertEquals(code, 0);
  assertMatch(stdout, new RegExp(`listening on pop3://127.0.0.1:${program.port}\n`));
  assertMatch(stdout, new RegExp(`listening on pop3s://127.0.0.1:${program.tlsPort}\n`));
  assertMatch(stdout, /certificate CN=localhost until \d{4}-\d\d-\d\d, 24 h more/);
  assertStringIncludes(stdout, "connections: 1 not logged in, 1 logged in, 0 asleep");
  assertStringIncludes(stdout, `mailboxes in use: ${path("mail")} (1)`);

  const json = JSON.parse((await runProgram(["status", "--admin", admin, "--json"])).stdout);
  assertEquals(json.connections, { authorization: 1, transaction: 1, asleep: 0 });
  assertEquals(json.mailboxes, { [path("mail")]: 1 });
  assertEquals(json.bans, []);
});

Deno.test("no server, a stray argument, an address that is not banned: one line each", async () => {
  const nobody = await runProgram(["status", "--admin", "1"]);
  assertEquals(nobody.code, 1);
  assertMatch(nobody.stderr, /^pop3svc: no server answers at --admin 1: .*\n$/);
  assertEquals((await runProgram(["status", "mail"])).code, 2);
  assertEquals((await runProgram(["status", "--port", "1"])).code, 2);
});

Deno.test("bans are listed and lifted; a request with another host gets nothing", async () => {
  const bans = new StrikeBanEngine({ clock: new ManualClock() });
  for (const attempt of ["a", "b", "c"]) {
    bans.registerFailedAttempt("192.0.2.7", attempt);
    bans.registerFailedAttempt("2001:db8::7", attempt);
  }
  bans.registerFailedAttempt("192.0.2.8", "a");
  await using pop3 = new Pop3Listener({});
  await using server = await openFor(pop3, bans);
  const at = `http://127.0.0.1:${server.port}`;

  const told = await (await fetch(`${at}/status`)).json();
  assertEquals(told.bans, [
    { address: "192.0.2.7", seconds: 10_000 },
    { address: "2001:db8:0:0::/64", seconds: 10_000 },
  ]);
  const lift = async (address: string) => {
    const response = await fetch(`${at}/bans/${encodeURIComponent(address)}`, { method: "DELETE" });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await lift("192.0.2.8"), 404);
  assertEquals(await lift("192.0.2.7"), 200);
  assertEquals(await lift("2001:db8::1"), 200);
  assertEquals([bans.bans(), bans.isBanned("192.0.2.7")], [[], false]);

  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = "GET /status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  assertStringIncludes(answer, "403");
});

/** The response of a port to these octets, until it closes. */
async function answerTo(port: number, octets: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(octets));
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    // The server resets the connection when octets are left that it does not read.
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
}

Deno.test("a wrong address, a wrong path, a long request and rubbish get a clear response without a stack trace", async () => {
  const failures: unknown[] = [];
  const bans = new StrikeBanEngine({ clock: new ManualClock() });
  await using pop3 = new Pop3Listener({});
  await using server = await openFor(pop3, bans, { fails: (error) => failures.push(error) });
  const host = "Host: localhost\r\n\r\n";
  const cases: readonly (readonly [string, RegExp])[] = [
    [`DELETE /bans/%ff HTTP/1.1\r\n${host}`, / 400 .*that is not an address\n$/s],
    [`DELETE /bans/% HTTP/1.1\r\n${host}`, / 400 .*that is not an address\n$/s],
    [`DELETE /bans/constructor HTTP/1.1\r\n${host}`, / 404 .*is not banned\n$/s],
    [`DELETE /bans/ HTTP/1.1\r\n${host}`, / 404 /],
    [`GET /__proto__ HTTP/1.1\r\n${host}`, / 404 /],
    [`GET http://evil.example/status HTTP/1.1\r\n${host}`, / 404 /],
    [`GET * HTTP/1.1\r\n${host}`, /^$| 40\d /],
    [`GET /${"x".repeat(100_000)} HTTP/1.1\r\n${host}`, /^$| 4\d\d /],
    [`GET /status HTTP/1.1\r\nX: ${"x".repeat(100_000)}\r\n${host}`, /^$| 4\d\d /],
    [`GET /status HTTP/1.1\r\nHost: ${"x".repeat(3_000)}\r\n\r\n`, / 403 /],
    ["\x16\x03\x01 is TLS\r\n\r\n", /^$| 400 /],
    [`POST /status HTTP/1.1\r\nContent-Length: 9999999\r\n${host}x`, / 404 /],
  ];
  for (const [request, expected] of cases) {
    const answer = await answerTo(server.port, request);
    assertMatch(answer, expected, request.slice(0, 80));
    assertEquals(/ at |Error|\.ts/.test(answer), false, answer);
  }
  assertEquals(failures, []);
});

Deno.test("a failure is logged, and the response does not mention its cause", async () => {
  const failures: unknown[] = [];
  const bans = new StrikeBanEngine({ clock: new ManualClock() });
  const broken = new Error("a secret of the log's");
  bans.bans = () => {
    throw broken;
  };
  await using pop3 = new Pop3Listener({});
  await using server = await openFor(pop3, bans, { fails: (error) => failures.push(error) });
  const answer = await answerTo(server.port, "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertMatch(answer, /^HTTP\/1.1 500 .*\r\n\r\nThe request failed; the log says why\.\n$/s);
  assertEquals(failures, [broken]);
});

Deno.test("silent connections cost few descriptors, and keep no other client out", async () => {
  await using pop3 = new Pop3Listener({});
  const bans = new StrikeBanEngine({ clock: new ManualClock() });
  await using server = await openFor(pop3, bans);
  const silent = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await connection.write(new TextEncoder().encode("GET /status HTTP/1.1\r\nX: "));
      return connection;
    }),
  );
  const response = await fetch(`http://127.0.0.1:${server.port}/status`);
  assertEquals([response.status, typeof await response.json()], [200, "object"]);
  const closed = silent.slice(0, 80).map(async (connection) => {
    // A connection that is still open would get its response now.
    await connection.write(new TextEncoder().encode("\r\nHost: localhost\r\n\r\n")).catch(() => {});
    return await connection.read(new Uint8Array(1)).catch(() => null);
  });
  assertEquals(new Set(await Promise.all(closed)), new Set([null]));
  for (const connection of silent) connection.close();
});

Deno.test("a request that does not end is cut off in time", async () => {
  await using pop3 = new Pop3Listener({});
  const bans = new StrikeBanEngine({ clock: new ManualClock() });
  await using server = await openFor(pop3, bans, { timeout: 1 });
  assertEquals(await answerTo(server.port, "GET /status HTTP/1.1\r\nX: "), "");
});

for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
  Deno.test(`a mailbox named ${name} is counted like any other`, async () => {
    await using pop3 = new Pop3Listener({
      provider: new SingleUserProvider({
        username: "me",
        password: "passw0rd",
        openMailbox: () => Object.assign(new MemoryMailbox(), { name }),
      }),
    });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using one = await LoopbackClient.connect(port);
    await one.logIn();
    using other = await LoopbackClient.connect(port);
    await other.logIn();
    const bans = new StrikeBanEngine({ clock: new ManualClock() });
    await using server = await openFor(pop3, bans);
    const url = `http://127.0.0.1:${server.port}/status`;
    const told = await (await fetch(url)).json();
    assertEquals(Object.entries(told.mailboxes), [[name, 2]]);
    assertStringIncludes(statusText(told, new Date()), `mailboxes in use: ${name} (2)\n`);
  });
}

/** A status as a hostile program or a hostile mailbox name would make it. */
const hostile = {
  version: "pop3svc\x1b]0;owned\x07",
  uptimeSeconds: 1,
  memoryOctets: 1,
  startedAt: new Date(0),
  proxies: [],
  users: null,
  database: null,
  counts: new Counters().counts(),
  ports: [],
  connections: { authorization: 0, transaction: 1, asleep: 0 },
  mailboxes: { "ann\nbans: none\x1b[2J\x9b\u202e\u2028": 1, [`${"x".repeat(100_000)}`]: 1 },
  certificate: {
    subject: "CN=\x1b[2J",
    validTo: new Date(0),
    rejected: { files: [], reason: "\x1b[2J\nbans: none", since: new Date(0) },
  },
  bans: [{ address: "\x1b[2J", seconds: 1 }],
};

Deno.test("no name in a status can send control characters to a terminal", () => {
  const text = statusText(hostile, new Date());
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/.test(text), false, text);
  assertEquals(text.split("\n").length, 9);
  assertEquals(text.length < 1_000, true);
});

Deno.test("another program on the port cannot harm pop3svc status", async () => {
  const answers: readonly (readonly [() => Response, RegExp, readonly string[]])[] = [
    [() => Response.json(hostile), /^\{"version":"pop3svc\\u001b/, ["--json"]],
    [() => Response.json(null), /not that of pop3svc\n$/, []],
    [
      () =>
        Response.json({ ...hostile, ports: [{ hostname: "evil.example", port: 1, tls: false }] }),
      /pop3:\/\/evil\.example:1 was not asked: its host is not an address\n$/,
      [],
    ],
    [() => new Response("\x1b[2J"), /not that of pop3svc\n$/, []],
    [() => new Response("x".repeat(9_000_000)), /the answer is too long\n$/, []],
    [
      () => new Response(`\x1b[2J${"x".repeat(1_000)}`, { status: 500 }),
      /status: \\u001b\[2Jx{252}… /,
      [],
    ],
  ];
  for (const [answer, expected, args] of answers) {
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
    const admin = `${server.addr.port}`;
    const { stdout, stderr } = await runProgram(["status", "--admin", admin, ...args]);
    assertMatch(stdout + stderr, expected);
    // deno-lint-ignore no-control-regex -- control characters are what must not be there
    assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/.test(stdout + stderr), false);
  }
});
