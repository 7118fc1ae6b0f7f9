/** The program while nobody reads its output, while the disk is full, and after the reader has gone. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { onStrayErrors } from "../../lib/cli/stray_errors.ts";
import { run } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { untilText } from "../until_text.ts";

const isUnix = Deno.build.os !== "windows";
const isLinux = Deno.build.os === "linux";
const DEBUG = ["--log-level", "debug"];

/** This many sessions log more at the level debug than a pipe holds. */
async function fillPipe(port: number): Promise<void> {
  for (let session = 0; session < 5; session++) await converse(port, 100);
}

async function converse(port: number, commands = 1): Promise<void> {
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.logIn(), "+OK Welcome.");
  for (let n = 0; n < commands; n++) {
    assertMatch(await client.command("NOOP") ?? "", /^\+OK/);
  }
  assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
}

/** A named pipe to which the program can write although nobody reads. */
async function unreadPipe(): Promise<TemporaryFolder & { readonly pipe: string }> {
  const folder = await TemporaryFolder.create();
  const pipe = join(folder.path, "pipe");
  await run("mkfifo", [pipe]);
  return Object.assign(folder, { pipe });
}

/** Reads a pipe until it has read a certain line. */
async function readUntil(path: string, last: RegExp): Promise<string[]> {
  using file = await Deno.open(path, { read: true });
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let text = "";
  while (!last.test(text)) {
    const count = await file.read(buffer);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text.split("\n").slice(0, -1);
}

Deno.test({
  name: "a log pipe that nobody reads stops no session and does not delay the end",
  ignore: !isUnix,
  async fn() {
    await using folder = await unreadPipe();
    await using program = await RunningProgram.start(DEBUG, {}, ["-A"], {
      shell: `exec "$@" 2<>${folder.pipe}`,
    });
    await fillPipe(program.port);
    await fillPipe(program.port);
    await converse(program.port);
    assertEquals((await program.end("SIGTERM")).code, 0);
  },
});

Deno.test({
  name: "when the pipe is read again, a line says how many were lost, and no line is torn",
  ignore: !isUnix,
  async fn() {
    await using folder = await unreadPipe();
    const args = [...DEBUG, "--log-format", "json"];
    await using program = await RunningProgram.start(args, {}, ["-A"], {
      shell: `exec "$@" 2<>${folder.pipe}`,
    });
    // 5 sessions are 200 KB.
    for (let n = 0; n < 10; n++) await fillPipe(program.port);
    const lines = await readUntil(folder.pipe, /"event":"lost","lines":\d+}\n/);
    // The program first says what it is; as root, it warns of that.
    const ofProgram = ["start", "ready", "exposed"];
    const told = lines.map((line) => JSON.parse(line))
      .filter(({ event }) => !ofProgram.includes(event));
    const { lines: lost } = told.find(({ event }) => event === "lost");
    // The events of a session: connect, close, login, and two for each command.
    assertEquals(told.length - 1 + lost, 50 * (3 + 2 * 103));
    await converse(program.port);
    assertEquals((await program.end("SIGTERM")).code, 0);
  },
});

for (const format of ["text", "json"]) {
  Deno.test({
    name: `a log on a full disk stops nothing (${format})`,
    ignore: !isLinux,
    async fn() {
      await using program = await RunningProgram.start(
        [...DEBUG, "--log-format", format],
        {},
        ["-A"],
        { shell: 'exec "$@" 2>/dev/full' },
      );
      await converse(program.port);
      await converse(program.port);
      assertEquals((await program.end("SIGTERM")).code, 0);
    },
  });
}

Deno.test({
  name: "a log whose reader has gone stops nothing, and neither does a closed standard error",
  ignore: !isUnix,
  async fn() {
    for (const how of [{ hangsUp: true }, { shell: 'exec "$@" 2>&-' }]) {
      await using program = await RunningProgram.start(DEBUG, {}, ["-A"], how);
      await converse(program.port);
      await converse(program.port);
      assertEquals((await program.end("SIGTERM")).code, 0);
    }
  },
});

/** A port that was free just now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** How many times a condition is checked before a test gives up. */
const MOST_LOOKS = 500;

/** Waits until a server listens on the port. */
async function untilOpen(port: number): Promise<void> {
  for (let look = 0;; look++) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) || look > MOST_LOOKS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

Deno.test({
  name: "a server whose standard output is on a full disk, or a full pipe, serves and ends",
  ignore: !isLinux,
  async fn() {
    await using folder = await unreadPipe();
    const { pipe } = folder;
    const fill = `exec 4<>${pipe}; head -c 65536 /dev/zero >&4`;
    for (const full of ['exec "$@" >/dev/full', `${fill}; exec "$@" >&4`]) {
      const port = freePort();
      // It cannot print its ready line, so the test looks for the open port.
      const said = `echo listening on pop3://127.0.0.1:${port}; echo "ready: "`;
      await using program = await RunningProgram.start(["--port", `${port}`], {}, ["-A"], {
        shell: `${said}; ${full}`,
      });
      await untilOpen(port);
      await converse(port);
      assertEquals((await program.end("SIGTERM")).code, 0);
    }
  },
});

Deno.test({
  name:
    "a program that cannot start ends with its exit code, even when its error cannot be written",
  ignore: !isLinux,
  async fn() {
    await using folder = await unreadPipe();
    const { pipe } = folder;
    const fill = `exec 4<>${pipe}; head -c 65536 /dev/zero >&4`;
    for (const full of ['"$@" 2>/dev/full', `${fill}; "$@" 2>&4`]) {
      const shell = `${full}; echo "ended with $?"; echo "ready: "`;
      await using program = await RunningProgram.start(["--tls-port", "0"], {}, ["-A"], {
        shell,
      });
      assertEquals(program.readyLines[0], "ended with 2");
    }
  },
});

Deno.test("a wire log on a full disk stops nothing, and is logged once", async () => {
  await using program = await RunningProgram.start(["--wire-log", "/dev/full"]);
  for (let n = 0; n < 5; n++) await converse(program.port);
  const { code, stderr } = await program.end("SIGTERM");
  assertEquals(code, 0);
  const told = stderr.split("\n").filter((line) => line.includes("wire log"));
  assertEquals(told.length, 1);
  assertMatch(told[0] ?? "", / error failed during="wire log" reason="No space left/);
});

Deno.test({
  name: "a wire log that nobody reads stops nothing, and says what was lost once it is read",
  ignore: !isUnix,
  async fn() {
    await using folder = await unreadPipe();
    await using program = await RunningProgram.start(["--wire-log", folder.pipe], {}, ["-A"], {
      shell: `exec 4<>${folder.pipe}; exec "$@"`,
    });
    await fillPipe(program.port);
    await converse(program.port);
    const lines = await readUntil(folder.pipe, /# connection 6,[^]*# closed/);
    assertEquals(lines.filter((line) => line === "CONNECT").length, 6);
    await fillPipe(program.port);
    assertEquals((await program.end("SIGTERM")).code, 0);
  },
});

Deno.test({
  name: "SIGHUP opens the wire log again; a failure is logged, and the old file stays open",
  ignore: !isUnix,
  async fn() {
    await using folder = await TemporaryFolder.create();
    const path = (name: string) => join(folder.path, name);
    await Deno.mkdir(path("logs"));
    await using program = await RunningProgram.start(["--wire-log", path("logs/wire")]);
    await converse(program.port);
    await untilText(path("logs/wire"), /# connection 1,[^]*closed/);

    await Deno.rename(path("logs/wire"), path("logs/wire.1"));
    program.signal("SIGHUP");
    await untilText(path("logs/wire"), /^$/);
    await converse(program.port);
    await untilText(path("logs/wire"), /^# connection 2,[^]*closed/);

    await Deno.rename(path("logs"), path("old"));
    program.signal("SIGHUP");
    await converse(program.port);
    await untilText(path("old/wire"), /# connection 3,[^]*closed/);
    const { stderr } = await program.end("SIGTERM");
    assertStringIncludes(stderr, 'during="wire log" reason="No such file');
    assertEquals([folder.names(), folder.names("old")], [["old"], ["wire", "wire.1"]]);
  },
});

Deno.test("a flood of wrong logins makes few log lines, with shortened names", async () => {
  await using program = await RunningProgram.start([]);
  const name = btoa(`\0${"n".repeat(14_000)}\0wrong`);
  for (let connection = 0; connection < 8; connection++) {
    using client = await LoopbackClient.connect(program.port);
    await client.readLine();
    for (let n = 0; n < 20; n++) {
      await client.command("AUTH PLAIN");
      assertMatch(await client.command(name) ?? "", /^-ERR \[AUTH\]/);
    }
  }
  const { stderr } = await program.end("SIGTERM");
  const lines = stderr.split("\n");
  assertEquals(lines.filter((line) => line.includes(" login-failed connection")).length, 60);
  assertMatch(
    stderr,
    / warn left-out of=login-failed reason=wrong address=127\.0\.0\.1 lines=100 seconds=\d+\n/,
  );
  assert(Math.max(...lines.map(({ length }) => length)) < 500);
});

// The test kills the program: Deno sometimes waits for a missing collector without end (docs/operations/monitoring.md).
Deno.test("a missing telemetry collector ends neither a session nor the program", async () => {
  await using program = await RunningProgram.start([], {
    OTEL_DENO: "true",
    OTEL_DENO_CONSOLE: "ignore",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_METRIC_EXPORT_INTERVAL: "50",
    OTEL_BSP_SCHEDULE_DELAY: "50",
  });
  await fillPipe(program.port);
  await converse(program.port);
});

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

Deno.test("nothing that is shipped sends SIGUSR1, which makes Deno open its inspector", async () => {
  const root = fromFileUrl(new URL("../..", import.meta.url));
  for (const folder of ["deploy", "examples", "lib", ".github"]) {
    for (const path of filesBelow(join(root, folder))) {
      if (path.endsWith("signals.ts")) continue;
      const text = await Deno.readTextFile(path);
      // HAProxy is told to let sessions end by this signal.
      const ours = text.replaceAll(/# HAProxy lets .*\n\s+stop_signal: SIGUSR1/g, "");
      assertEquals(/USR1/.test(ours), false, path);
    }
  }
});

Deno.test("uncaught errors are logged, and end nothing", async () => {
  const told: unknown[] = [];
  const second = Promise.withResolvers<void>();
  {
    using _stray = onStrayErrors((error) => {
      told.push(error);
      if (told.length === 2) second.resolve();
    });
    queueMicrotask(() => {
      throw new Error("thrown");
    });
    Promise.reject(new Error("rejected"));
    await second.promise;
  }
  assertEquals(told.map(String), ["Error: thrown", "Error: rejected"]);
});
