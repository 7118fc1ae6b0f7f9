/** The program as a user sees it: a process with its standard output and exit code. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import deno from "../../deno.json" with { type: "json" };
import { serveOptions } from "../../lib/cli/options.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function folderWith(files: Readonly<Record<string, string>>): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder.path, name), text);
  }
  return folder;
}

Deno.test("standard output says where the program listens and that it is ready, and nothing else", async () => {
  await using program = await RunningProgram.start([]);
  assertEquals(program.readyLines, [
    `listening on pop3://127.0.0.1:${program.port}`,
    "ready: serving mailbox-sample (12 messages) as user me; press Ctrl+C to stop",
  ]);
  const ended = await program.end("SIGTERM");
  assertEquals({ code: ended.code, stdout: ended.stdout }, { code: 0, stdout: "" });
});

Deno.test("ready lines as JSON", async () => {
  await using program = await RunningProgram.start(["--log-format", "json"]);
  assertEquals(program.readyLines.map((line) => JSON.parse(line)), [
    { event: "listening", url: `pop3://127.0.0.1:${program.port}` },
    { event: "ready", mailbox: "mailbox-sample", messages: 12, user: "me" },
  ]);
  assertEquals((await program.end("SIGINT")).code, 0);
});

Deno.test("listens on every --host, IPv6 in brackets", async () => {
  await using program = await RunningProgram.start(["--host", "127.0.0.1", "--host", "::1"]);
  assertMatch(program.readyLines[0] ?? "", /^listening on pop3:\/\/127\.0\.0\.1:\d+$/);
  assertMatch(program.readyLines[1] ?? "", /^listening on pop3:\/\/\[::1\]:\d+$/);
});

Deno.test("one line per event on standard error, no password in it", async () => {
  await using program = await RunningProgram.start(["--log-level", "debug"]);
  using client = await LoopbackClient.connect(program.port);
  assertEquals(await client.logIn("wrong secret"), "-ERR [AUTH] Wrong username or password.");
  await client.command("PAS wrong secret");
  await client.command("USER me");
  await client.command("PASS passw0rd");
  await client.command("QUIT");
  assertEquals(await client.readLine(), null);
  const { stderr } = await program.end("SIGTERM");
  const events = stderr.trim().split("\n").map((line) => line.split(" ").slice(1, 3).join(" "));
  const ofProgram = ["info start", "warn exposed", "info ready", "info stop"];
  assertEquals(events.filter((event) => !ofProgram.includes(event)), [
    "debug connect",
    ...["debug command", "debug reply"],
    ...["debug command", "warn login-failed", "debug reply"],
    ...["debug command", "debug reply"],
    ...["debug command", "debug reply"],
    ...["debug command", "info login", "debug reply"],
    ...["debug command", "debug reply"],
    "info close",
  ]);
  assertEquals(/secret|passw0rd/.test(stderr), false, stderr);
});

Deno.test("user, password file and service name", async () => {
  await using folder = await folderWith({ "a.eml": "Subject: a\n\n", secret: "two words\nmore\n" });
  await using program = await RunningProgram.start(
    [
      folder.path,
      "--user",
      "you",
      "--password-file",
      join(folder.path, "secret"),
      "--service-name",
      "Mail & Co.",
    ],
    { POP3SVC_PASSWORD: "the file wins" },
  );
  using client = await LoopbackClient.connect(program.port);
  assertStringIncludes(await client.readLine() ?? "", "+OK Mail & Co. ready. <");
  assertEquals(await client.command("USER you"), "+OK Thank you. Send password.");
  assertEquals(await client.command("PASS two words"), "+OK Welcome.");
});

Deno.test("the password from the environment", async () => {
  await using program = await RunningProgram.start([], { POP3SVC_PASSWORD: "from outside" });
  using client = await LoopbackClient.connect(program.port);
  assertEquals(await client.logIn("from outside"), "+OK Welcome.");
});

Deno.test("--read-only keeps the folder as it is", async () => {
  await using folder = await folderWith({ "a.eml": "Subject: a\n\n" });
  await using program = await RunningProgram.start([folder.path, "--read-only"]);
  using client = await LoopbackClient.connect(program.port);
  await client.logIn();
  assertEquals(await client.command("DELE 1"), "-ERR [READ-ONLY] This mailbox is read-only.");
});

Deno.test("a Maildir is recognized by its folders, unless --format says folder", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
  await Deno.writeTextFile(join(folder.path, "new/1.a.host"), "Subject: a\n\n");
  await using maildir = await RunningProgram.start([folder.path]);
  assertStringIncludes(maildir.readyLines[1] ?? "", "(1 message)");
  await using plain = await RunningProgram.start([folder.path, "--format", "folder"]);
  assertStringIncludes(plain.readyLines[1] ?? "", "(0 messages)");
});

Deno.test("a file is an mbox", async () => {
  await using folder = await folderWith({
    "mail": "From a\nSubject: a\n\nx\n\nFrom b\nSubject: b\n\ny\n",
  });
  const path = join(folder.path, "mail");
  const checked = await runProgram(["check", path, "--port", "0"]);
  assertMatch(checked.stdout, /\nformat: mbox\n(owner: .*\n)?messages: 2\noctets: 34\n/);
  await using program = await RunningProgram.start([path]);
  using client = await LoopbackClient.connect(program.port);
  await client.logIn();
  await client.command("DELE 1");
  assertEquals(await client.command("QUIT"), "+OK 1 message deleted. Closing connection.");
  assertEquals(await Deno.readTextFile(path), "From b\nSubject: b\n\ny\n");
});

Deno.test("--delete trash moves what is deleted into the hidden trash", async () => {
  await using folder = await folderWith({ "a.eml": "Subject: a\n\n" });
  await using program = await RunningProgram.start([folder.path, "--delete", "trash"]);
  using client = await LoopbackClient.connect(program.port);
  await client.logIn();
  await client.command("DELE 1");
  assertEquals(await client.command("QUIT"), "+OK 1 message deleted. Closing connection.");
  assertEquals(folder.names(".pop3svc/trash"), ["a.eml"]);
});

Deno.test("check shows what would be served and recovered, and changes nothing", async () => {
  await using folder = await folderWith({ "a.eml": "Subject: a\n\n", "b c.eml": "Subject: b\n\n" });
  const broken = ["moving-1", "deleted-2"];
  for (const name of broken) {
    await Deno.mkdir(join(folder.path, ".pop3svc", name), { recursive: true });
  }
  const checked = await runProgram(["check", folder.path, "--settle-time", "0", "--port", "0"]);
  assertEquals(checked.code, 0, checked.stderr);
  assertMatch(
    checked.stdout,
    /^mailbox: .*\nformat: folder\n(?:owner: .*\n)?messages: 2\noctets: 28\nderived unique ids: 1\n {2}~[0-9a-f]{40} for "b c\.eml"\nstill being written: 0\nleftovers: 2\n/,
  );
  assertStringIncludes(checked.stdout, "moving-1 will be undone when the mailbox is next opened");
  assertStringIncludes(
    checked.stdout,
    "deleted-2 will be finished when the mailbox is next opened",
  );
  assertEquals(folder.names(".pop3svc"), broken.toSorted());
  const nowhere = await runProgram(["check", "nowhere", "--port", "0"]);
  assertEquals(nowhere.code, 1);
  assertStringIncludes(nowhere.stdout, "\nerror: nowhere: it is not there\n");
});

Deno.test("check finds the usual mistakes", async () => {
  await using folder = await folderWith({});
  const check = async (...args: string[]) => (await runProgram(["check", ...args])).stdout;
  await Deno.mkdir(join(folder.path, "joe/cur"), { recursive: true });
  using used = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  used.accept().then((connection) => connection.close());
  const { port } = used.addr;
  const found = await check(folder.path, "--port", `${port}`, "--host", "127.0.0.1");
  assertStringIncludes(found, `127.0.0.1 port ${port}: another program is using it`);
  assertStringIncludes(found, `to do: to see which: ss -ltnp 'sport = :${port}'`);
  assertStringIncludes(found, `holds the Maildir ${join(folder.path, "joe")}`);
  const open = await check(join(folder.path, "joe"), "--port", "0", "--host", "0.0.0.0");
  assertStringIncludes(open, "\nerror: no certificate: nobody on another machine");
  assertStringIncludes(open, "\nerror: --host 0.0.0.0 is open to other machines: set a password");
  const fine = await check("mailbox-sample", "--port", "0");
  assertMatch(fine, /\n0 errors, [01] warnings?\n$/);
});

Deno.test("check names a message that cannot be read", async () => {
  await using folder = await folderWith({ "a": "Subject: a\n\n", "b": "Subject: b\n\n" });
  // Root can read every file.
  await Deno.chmod(join(folder.path, "a"), 0o000);
  const checked = await runProgram(["check", folder.path, "--settle-time", "0", "--port", "0"]);
  const isRoot = Deno.uid() === 0;
  assertEquals(checked.code, isRoot ? 0 : 1);
  assertStringIncludes(checked.stdout, `octets: ${isRoot ? 28 : 14}`);
  if (!isRoot) {
    assertStringIncludes(
      checked.stdout,
      'cannot be read: 1 message, such as "a": permission denied; type: chmod u+r ',
    );
  }
});

Deno.test("a reply names the limit of connections that a client has reached", async () => {
  await using program = await RunningProgram.start(["--max-connections-per-ip", "1"]);
  using first = await LoopbackClient.connect(program.port);
  await first.readLine();
  using second = await LoopbackClient.connect(program.port);
  assertEquals(await second.readLine(), "-ERR [SYS/TEMP] Too many connections. Try again later.");
  assertEquals(await second.readLine(), null);
  assertEquals(await first.command("NOOP"), "+OK There's no-one here but us POP3 services.");
});

Deno.test("a configuration file, and flags that win over it", async () => {
  await using folder = await folderWith({
    "config.json": JSON.stringify({
      "mailbox": "mailbox-sample",
      "user": "from-file",
      "read-only": true,
      "service-name": "configured",
      "host": ["127.0.0.1"],
    }),
  });
  const config = join(folder.path, "config.json");
  await using program = await RunningProgram.start(["--config", config, "--user", "from-flag"]);
  assertStringIncludes(program.readyLines[1] ?? "", "as user from-flag");
  using client = await LoopbackClient.connect(program.port);
  assertStringIncludes(await client.readLine() ?? "", "+OK configured ready. <");
});

Deno.test("the environment wins over the configuration file, and the command line over both", async () => {
  await using folder = await folderWith({
    "config.json": JSON.stringify({ "user": "from-file", "service-name": "from-file" }),
  });
  await using program = await RunningProgram.start([
    "--service-name",
    "from-line",
    "--read-only=false",
  ], {
    POP3SVC_CONFIG: join(folder.path, "config.json"),
    POP3SVC_SERVICE_NAME: "from-environment",
    POP3SVC_USER: "from-environment",
    POP3SVC_HOST: "127.0.0.1, 127.0.0.2",
    POP3SVC_MULTI_LINE_IND: "true",
    POP3SVC_READ_ONLY: "true",
    // Kubernetes sets these for a service of that name; they are not options.
    POP3SVC_TLS_PORT: "tcp://10.0.0.1:995",
    POP3SVC_SERVICE_HOST: "10.0.0.1",
    POP3SVC_SERVICE_PORT_POP3: "110",
    POP3SVC_PORT_110_TCP_ADDR: "10.0.0.1",
    POP3SVC_TLS_SERVICE_HOST: "10.0.0.2",
  });
  assertEquals(program.readyLines.filter((line) => line.includes("127.0.0.2")).length, 1);
  assertStringIncludes(program.readyLines.at(-1) ?? "", "as user from-environment");
  using client = await LoopbackClient.connect(program.port);
  assertStringIncludes(await client.readLine() ?? "", "+OK from-line ready. <");
  await client.send("CAPA\r\n");
  assert((await client.readLines()).includes("MULTI-LINE-IND"));
  await client.command("XLOG from-environment passw0rd");
  assertMatch(await client.command("DELE 1") ?? "", /^\+OK/);
});

const wrongVariables: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{ POP3SVC_PORT: "abc" }, "POP3SVC_PORT=abc: give a whole number from 0 to 65535, or off"],
  [{ POP3SVC_LOCK: "yes" }, "POP3SVC_LOCK=yes: give true or false"],
  [{ POP3SVC_PROT: "1" }, "POP3SVC_PROT belongs to no option; see pop3svc --help"],
];

for (const [env, message] of wrongVariables) {
  Deno.test(`one line and exit 2: ${message}`, async () => {
    const { code, stderr } = await runProgram([], { env });
    assertEquals([code, stderr], [2, `pop3svc: ${message}\n`]);
  });
}

Deno.test("--faults misbehaves, and says so in greeting and log", async () => {
  const plan = { seed: 7, rules: [{ fault: "in-use", times: 1 }] };
  await using folder = await folderWith({ "faults.json": JSON.stringify(plan) });
  const faults = ["--faults", join(folder.path, "faults.json")];
  await using program = await RunningProgram.start(faults);
  using client = await LoopbackClient.connect(program.port);
  assertMatch(await client.readLine() ?? "", /^\+OK pop3svc \(FAULTS ON PURPOSE, seed 7\) ready\./);
  assertEquals(
    await client.command("XLOG me passw0rd"),
    "-ERR [IN-USE] Another session has this mailbox.",
  );
  assertEquals(await client.command("XLOG me passw0rd"), "+OK Welcome.");
  assertStringIncludes((await program.end("SIGTERM")).stderr, "warn faults rules=1 seed=7");
  for (const exposed of [["--host", "0.0.0.0"], ["--proxy-protocol", "127.0.0.1"]]) {
    const open = await runProgram([...faults, ...exposed], { env: { POP3SVC_PASSWORD: "x" } });
    assertEquals(open.code, 2);
    assertStringIncludes(
      open.stderr,
      `not allowed with ${exposed.join(" ")}, since other machines could connect`,
    );
  }
});

/** The program, with a client whose login never ends. */
async function startHung(folder: string): Promise<[RunningProgram, LoopbackClient]> {
  const faults = join(folder, "faults.json");
  const program = await RunningProgram.start(["--faults", faults, "--log-level", "debug"]);
  const client = await LoopbackClient.connect(program.port);
  await client.readLine();
  await client.send("XLOG me passw0rd\r\n");
  // Once the program has answered a later client, it has read the login.
  using later = await LoopbackClient.connect(program.port);
  await later.readLine();
  await later.command("QUIT");
  return [program, client];
}

const hang = { seed: 1, rules: [{ fault: "delay", at: "login", milliseconds: 1_000_000 }] };

Deno.test("after a signal the program ends when its grace is over, and logs what was still running", async () => {
  await using folder = await folderWith({ "faults.json": JSON.stringify(hang) });
  const [program, client] = await startHung(folder.path);
  await using _program = program;
  using _client = client;
  const { code, stderr } = await program.end("SIGTERM");
  assertEquals(code, 0);
  assertMatch(stderr, /warn warning .*rule=unsettled-promise value=authenticate/);
  assertMatch(stderr, /info close .*reason=stop/);
  assertEquals(await client.readLine(), null);
});

Deno.test("a second signal ends the program at once", async () => {
  await using folder = await folderWith({ "faults.json": JSON.stringify(hang) });
  const [program, client] = await startHung(folder.path);
  await using _program = program;
  using _client = client;
  program.signal("SIGTERM");
  // Once the port is closed, the program has received the first signal.
  for (;;) {
    try {
      (await LoopbackClient.connect(program.port)).close();
    } catch {
      break;
    }
  }
  const { code, stderr } = await program.end("SIGTERM");
  assertEquals(code, 143);
  assertEquals(stderr.includes("unsettled-promise"), false);
});

Deno.test("--help names every option, --version the version", async () => {
  const help = await runProgram(["--help"]);
  assertEquals(help.code, 0);
  for (const name of Object.keys(serveOptions)) assertStringIncludes(help.stdout, `--${name}`);
  const version = await runProgram(["--version"]);
  assertEquals(version.code, 0);
  assertStringIncludes(version.stdout, `pop3svc ${deno.version} (deno ${Deno.version.deno}`);
});

const wrongConfig = await Deno.makeTempFile({ suffix: ".json" });
globalThis.addEventListener("unload", () => Deno.removeSync(wrongConfig));
await Deno.writeTextFile(wrongConfig, '{ "prot": 1100 }');

const mistakes: readonly (readonly [readonly string[], number, string])[] = [
  [["--port", "abc"], 2, "--port abc: give a whole number from 0 to 65535, or off"],
  [["--port", "65536"], 2, "--port 65536: give a whole number from 0 to 65535, or off"],
  [["--port"], 2, "--port: give a whole number from 0 to 65535, or off"],
  [["--port", "off"], 2, "--port off leaves nothing to listen on"],
  [["--tls-port", "0"], 2, "--tls-port 0 needs a certificate: give --cert and --key"],
  [["--cert", "a"], 2, "--cert needs --key"],
  [["--key", "a"], 2, "--key needs --cert"],
  [["--cert", "nowhere", "--key", "a"], 1, "--cert nowhere: it is not there"],
  [
    ["--cert", "main.ts", "--key", "main.ts"],
    1,
    "--cert main.ts --key main.ts: no PEM certificate",
  ],
  [["--prot", "1"], 2, "unknown option --prot; see pop3svc --help"],
  [["-x"], 2, "unknown option -x; see pop3svc --help"],
  [["--log-level", "loud"], 2, "--log-level loud: give error or warn or info or debug"],
  [["--idle-timeout", "0"], 2, "--idle-timeout 0: give seconds from 1 to 86400"],
  [
    ["--greeting", "Hi <a@b>"],
    2,
    "--greeting Hi <a@b>: give 1 to 400 characters of printable ASCII without < and >",
  ],
  [["--user", ""], 2, "--user: give a name"],
  [["--format", "mh"], 2, "--format mh: give folder or maildir or mbox"],
  [["--delete", "now"], 2, "--delete now: give remove or trash or keep"],
  [["one", "two"], 2, "one MAILBOX at a time, not 2: one two"],
  [["--config", wrongConfig], 2, `unknown key "prot"; keys are the names of options`],
  [["--config", "main.ts"], 2, "--config main.ts, line 6, column 1: not JSON: "],
  [["--config", "nowhere.json"], 1, "--config nowhere.json: it is not there"],
  [["--password-file", "nowhere"], 1, "--password-file nowhere: it is not there"],
  [["nowhere"], 1, "mailbox nowhere: it is not there"],
  [
    ["main.ts", "--format", "folder"],
    1,
    "mailbox main.ts: it is a file; give a folder, or --format mbox",
  ],
  [["--host", "0.0.0.0"], 2, "--host 0.0.0.0 is open to other machines: set a password with"],
  [
    ["--proxy-protocol", "127.0.0.1"],
    2,
    "--proxy-protocol 127.0.0.1 is open to other machines: set a password with",
  ],
];

for (const [args, code, message] of mistakes) {
  Deno.test(`one line and exit ${code} for ${args.join(" ")}`, async () => {
    const result = await runProgram(args);
    assertEquals(result.code, code);
    assertStringIncludes(result.stderr, `pop3svc: `);
    assertStringIncludes(result.stderr, message);
    assertEquals(result.stderr.trim().split("\n").length, 1, result.stderr);
    assertEquals(result.stdout, "");
  });
}

Deno.test("a port in use: one line, exit 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const result = await runProgram(["--port", `${taken.addr.port}`]);
  assertEquals(result.code, 1);
  assertEquals(
    result.stderr,
    `pop3svc: cannot listen on 127.0.0.1 port ${taken.addr.port}: another program is using it\n`,
  );
});
