/** A running server says how it is, to this machine only. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { StrikeBanEngine } from "../../lib/mod.ts";
import { Pop3Listener } from "../../lib/listener/pop3_listener.ts";
import { openAdmin } from "../../lib/cli/admin.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

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
  assertStringIncludes(stdout, "mailboxes in use: mail (1)");

  const json = JSON.parse((await runProgram(["status", "--admin", admin, "--json"])).stdout);
  assertEquals(json.connections, { authorization: 1, transaction: 1, asleep: 0 });
  assertEquals(json.mailboxes, { mail: 1 });
  assertEquals(json.bans, []);
});

Deno.test("nobody there, a stray argument, a ban that is none: one line each", async () => {
  const nobody = await runProgram(["status", "--admin", "1"]);
  assertEquals(nobody.code, 1);
  assertMatch(nobody.stderr, /^pop3svc: no server with --admin 1 on this machine: .*\n$/);
  assertEquals((await runProgram(["status", "mail"])).code, 2);
  assertEquals((await runProgram(["status", "--port", "1"])).code, 2);
});

Deno.test("bans are listed and lifted; who names another host gets nothing", async () => {
  const bans = new StrikeBanEngine({}, new ManualClock());
  for (const attempt of ["a", "b", "c"]) {
    bans.registerFailedAttempt("192.0.2.7", attempt);
    bans.registerFailedAttempt("2001:db8::7", attempt);
  }
  bans.registerFailedAttempt("192.0.2.8", "a");
  await using pop3 = new Pop3Listener({});
  await using server = openAdmin(0, pop3, bans);
  const at = `http://127.0.0.1:${server.addr.port}`;

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

  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  const request = "GET /status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  assertStringIncludes(answer, "403");
});
