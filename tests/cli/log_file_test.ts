/** The log of the program: in a file, for the journal, and what it says about the program itself. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { run } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority, certificate } from "../test_authority.ts";
import { untilText } from "../until_text.ts";

const isUnix = Deno.build.os !== "windows";

async function logIn(port: number, password = "passw0rd"): Promise<void> {
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.command("USER me");
  await client.command(`PASS ${password}`);
  await client.command("QUIT");
}

/** The levels and names of lines in text, without notices of other things than the program's life. */
function namesIn(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.includes(" exposed "))
    .map((line) => line.replace(/^\S+Z /, "").split(" ").slice(0, 2).join(" "));
}

Deno.test("the log says when the program starts, is ready and stops", async () => {
  await using program = await RunningProgram.start([]);
  await logIn(program.port);
  const { stderr } = await program.end("SIGTERM");
  assertEquals(namesIn(stderr), [
    "info start",
    "info ready",
    "info login",
    "info close",
    "info stop",
  ]);
  assertMatch(stderr, / info start version="pop3svc \S+ \(deno /);
  assertMatch(
    stderr,
    / info ready ports=pop3:\/\/127\.0\.0\.1:\d+ serving="mailbox-sample \(12 messages\) as user me"\n/,
  );
  assertMatch(stderr, / info login .* mailbox="?\S+mailbox-sample"? /);
  assertMatch(stderr, / info stop connections=0\n$/);
});

Deno.test({
  name: "--log-file: only its owner reads it; SIGHUP opens it again, and no line is lost",
  ignore: !isUnix,
  async fn() {
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, "pop3svc.log");
    await using program = await RunningProgram.start(["--log-file", path]);
    await logIn(program.port, "wrong");
    await untilText(path, / login-failed [^]* close .*\n$/);
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    await Deno.rename(path, `${path}.1`);
    program.signal("SIGHUP");
    await untilText(path, / info reload\n$/);
    await logIn(program.port);
    const { stderr } = await program.end("SIGTERM");
    assertEquals(stderr, "");
    const [before, after] = await Promise.all(
      [`${path}.1`, path].map((name) => Deno.readTextFile(name)),
    );
    assertEquals(namesIn(before ?? ""), [
      "info start",
      "info ready",
      "warn login-failed",
      "info close",
    ]);
    assertEquals(namesIn(after ?? ""), ["info reload", "info login", "info close", "info stop"]);
  },
});

Deno.test("--log-file appends", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "log");
  await Deno.writeTextFile(path, "what was there\n");
  await using program = await RunningProgram.start(["--log-file", path, "--log-format", "json"]);
  await program.end("SIGTERM");
  const lines = (await Deno.readTextFile(path)).trim().split("\n");
  assertEquals(lines[0], "what was there");
  const events = lines.slice(1).map((line) => JSON.parse(line).event);
  assertEquals(events.filter((event) => event !== "exposed"), ["start", "ready", "stop"]);
});

Deno.test("a log file that cannot be opened is told before anything is served", async () => {
  const { code, stderr, stdout } = await runProgram(["--log-file", "/nowhere/log", "--port", "0"]);
  assertEquals([code, stdout], [1, ""]);
  assertEquals(stderr, "pop3svc: --log-file /nowhere/log: it is not there\n");
});

Deno.test("for the journal, the reason why the program cannot start is an error", async () => {
  const env = { JOURNAL_STREAM: "8:12345" };
  const { code, stderr } = await runProgram(["--port", "x"], { env });
  assertEquals(code, 2);
  assertMatch(stderr, /^<3>pop3svc: --port x: .*\n$/);
});

Deno.test({
  name: "a log file on a full disk, or in a pipe that nobody reads, stops nothing",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await TemporaryFolder.create();
    const pipe = join(folder.path, "pipe");
    await run("mkfifo", [pipe]);
    for (const path of ["/dev/full", pipe]) {
      const args = ["--log-file", path, "--log-level", "debug"];
      await using program = await RunningProgram.start(args);
      using client = await LoopbackClient.connect(program.port);
      await client.logIn();
      // More lines than a pipe holds.
      for (let n = 0; n < 400; n++) await client.command("NOOP");
      assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
      const { code, stderr } = await program.end("SIGTERM");
      assertEquals(code, 0);
      if (path === pipe) continue;
      assertMatch(stderr, /^--log-file \/dev\/full: No space left on device.*\n$/);
    }
  },
});

Deno.test({
  name: "a log file through a stranger's link is refused",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await using folder = await TemporaryFolder.create();
    const victim = join(folder.path, "victim");
    await Deno.writeTextFile(victim, "");
    const link = join(folder.path, "log");
    await Deno.symlink(victim, link);
    await run("chown", ["-h", "12345", link]);
    const { code, stderr } = await runProgram(["--log-file", link, "--port", "0"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "it is not followed");
    assertEquals(await Deno.readTextFile(victim), "");
    await Deno.remove(victim);
    for (const command of [[], ["check"]]) {
      const { code, stdout, stderr } = await runProgram([
        ...command,
        ...["--log-file", link, "--port", "0"],
      ]);
      assertEquals(code, 1);
      assertStringIncludes(stdout + stderr, "is not followed");
    }
    assertEquals(folder.names(), ["log"]);
  },
});

Deno.test({
  name:
    "for the journal, lines begin with a priority and have no time; a reload tells what it found",
  ignore: !isUnix,
  async fn() {
    await using folder = await TemporaryFolder.create();
    const path = (name: string) => join(folder.path, name);
    await Deno.mkdir(path("mail"));
    await Deno.writeTextFile(path("users"), "joe:{PLAIN}secret\n");
    await Deno.writeTextFile(path("cert.pem"), certificate.cert);
    await Deno.writeTextFile(path("key.pem"), certificate.key);
    const log = path("log");
    // As systemd does it; the file stands for the journal.
    const shell = `exec "$@" 2>>"${log}"`;
    await using program = await RunningProgram.start(
      [
        ...["--users", path("users"), "--mail-root", path("mail"), "--state-dir", path("state")],
        ...["--cert", path("cert.pem"), "--key", path("key.pem")],
      ],
      { JOURNAL_STREAM: "8:12345" },
      ["-A"],
      { shell },
    );
    program.signal("SIGHUP");
    await untilText(log, /<6>info reload read="certificate, users file"\n$/);
    await Deno.writeTextFile(path("users"), "joe:{PLAIN}secret\nann:{PLAIN}secret\n");
    await Deno.writeTextFile(path("cert.pem"), (await authority.issue("renewed")).cert);
    program.signal("SIGHUP");
    await untilText(
      log,
      /<4>warn reload read="certificate, users file" changed="users file" failed="certificate: \S+\/cert\.pem, \S+\/key\.pem: the key does not belong to the certificate"\n$/,
    );
    await program.end("SIGTERM");
    const lines = (await Deno.readTextFile(log)).trim().split("\n");
    for (const line of lines) assertMatch(line, /^<(3>error|4>warn|6>info) [a-z-]+( |$)/);
    assert(lines.some((line) => line.startsWith("<3>error failed during=certificate reason=")));
  },
});
