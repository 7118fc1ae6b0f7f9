/** What a signal does to the sessions of a running program. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function withMail(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  await Deno.writeTextFile(join(folder.path, "a.eml"), "Subject: a\n\n");
  return folder;
}

/** Waits until no new connection is accepted: the program has received the signal. */
async function untilClosed(port: number): Promise<void> {
  for (;;) {
    try {
      (await LoopbackClient.connect(port)).close();
    } catch {
      return;
    }
  }
}

async function loggedIn(port: number): Promise<LoopbackClient> {
  const client = await LoopbackClient.connect(port);
  await client.readLine();
  assertEquals(await client.command("XLOG me passw0rd"), "+OK Welcome.");
  return client;
}

Deno.test("after SIGTERM sessions go on, one without a login too, and the program ends with the last", async () => {
  await using folder = await withMail();
  await using program = await RunningProgram.start([folder.path, "--drain-time", "600"]);
  using deletes = await loggedIn(program.port);
  await deletes.command("DELE 1");
  using comes = await LoopbackClient.connect(program.port);
  await comes.readLine();
  const ended = program.end("SIGTERM");
  await untilClosed(program.port);
  assertMatch(await deletes.command("QUIT") ?? "", /^\+OK 1 message deleted/);
  assertEquals(await comes.command("XLOG me passw0rd"), "+OK Welcome.");
  assertMatch(await comes.command("QUIT") ?? "", /^\+OK/);
  const { code, stderr } = await ended;
  assertEquals(code, 0);
  assertStringIncludes(stderr, "info drain phase=begin sessions=");
  assertStringIncludes(stderr, "info drain phase=end sessions=0 cut=0");
  assertEquals(folder.names().filter((name) => name.endsWith(".eml")), []);
});

for (
  const [signal, args, line] of [
    ["SIGINT", ["--drain-time", "600"], null],
    ["SIGTERM", ["--drain-time", "0.1"], "info drain phase=end sessions=1 cut=1"],
    ["SIGTERM", ["--drain-time", "0"], null],
  ] as const
) {
  Deno.test(`${signal} with ${args.join(" ")} closes what is idle, and nothing is deleted`, async () => {
    await using folder = await withMail();
    await using program = await RunningProgram.start([folder.path, ...args]);
    using client = await loggedIn(program.port);
    await client.command("DELE 1");
    const { code, stderr } = await program.end(signal);
    assertEquals([code, await client.readLine()], [0, null]);
    assertMatch(stderr, /info close .*reason=stop/);
    assertEquals(stderr.includes("info drain"), line !== null);
    if (line !== null) assertStringIncludes(stderr, line);
    assertStringIncludes(folder.names().join(), "a.eml");
  });
}

Deno.test("a second signal ends the program at once, while sessions go on", async () => {
  await using folder = await withMail();
  await using program = await RunningProgram.start([folder.path, "--drain-time", "600"]);
  using _client = await loggedIn(program.port);
  program.signal("SIGTERM");
  await untilClosed(program.port);
  const { code } = await program.end("SIGINT");
  assertEquals(code, 130);
});
