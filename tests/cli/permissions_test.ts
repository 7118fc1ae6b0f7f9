/**
 * Runs the program with exactly the permissions that `lib/cli/permissions.ts` names for each command, and compares the
 * tasks, the pages, the systemd unit and the container with that file.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import deno from "../../deno.json" with { type: "json" };
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { EXECUTABLE_PERMISSIONS, flagsOf, permissionsFor } from "../../lib/cli/permissions.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

async function folderWithMail(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  await Deno.mkdir(join(folder.path, "mail/joe"), { recursive: true });
  await Deno.writeTextFile(join(folder.path, "mail/joe/a.eml"), "Subject: a\n\n");
  return folder;
}

/** The options of a server with users and a certificate; creates the files that they name. */
async function usersWithCertificate(folder: TemporaryFolder): Promise<string[]> {
  const path = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(path("cert.pem"), certificate.cert, { mode: 0o600 });
  await Deno.writeTextFile(path("key.pem"), certificate.key, { mode: 0o600 });
  // `hash` needs no permissions.
  const { stdout, stderr } = await runProgram(["hash"], {
    stdin: "j",
    permissions: ["--no-prompt"],
  });
  assertEquals(stderr, "");
  await Deno.writeTextFile(path("users"), `joe:${stdout}`, { mode: 0o600 });
  return [
    ...["--users", path("users"), "--mail-root", path("mail"), "--tls-port", "0"],
    ...["--cert", path("cert.pem"), "--key", path("key.pem"), "--state-dir", path("state")],
  ];
}

/** The permissions that `main` checks, with the options that `RunningProgram` adds. */
async function fewest(...args: readonly string[]): Promise<string[]> {
  const isStatus = args[0] === "status";
  const wish = await readCommandLine(isStatus ? args : ["--port", "0", ...args]);
  return ["--no-prompt", ...flagsOf(permissionsFor(wish))];
}

/** Deletes the only message in a session and ends the program; Deno must not have refused anything. */
async function deleteTheOne(
  program: RunningProgram,
  client: LoopbackClient,
  login: string,
): Promise<void> {
  await client.readLine();
  assertEquals(await client.command(login), "+OK Welcome.");
  assertMatch(await client.command("RETR 1") ?? "", /^\+OK/);
  await client.readLines();
  assertMatch(await client.command("DELE 1") ?? "", /^\+OK/);
  assertMatch(await client.command("QUIT") ?? "", /^\+OK 1 messages? deleted/);
  const { stderr } = await program.end("SIGTERM");
  assertStringIncludes(stderr, "login connection=1");
  assertEquals(/NotCapable|Requires|error/.test(stderr), false, stderr);
}

const permissionSets = {
  "the fewest that are needed": fewest,
  "those of the executable": () => Promise.resolve(EXECUTABLE_PERMISSIONS),
} as const;

for (const [which, permissionsOf] of Object.entries(permissionSets)) {
  Deno.test(`one folder, with ${which}`, async () => {
    await using folder = await folderWithMail();
    const mailbox = join(folder.path, "mail/joe");
    await using program = await RunningProgram.start([mailbox], {}, await permissionsOf(mailbox));
    using client = await LoopbackClient.connect(program.port);
    await deleteTheOne(program, client, "XLOG me passw0rd");
    assertEquals(folder.names("mail/joe").filter((name) => name.endsWith(".eml")), []);
  });

  Deno.test(`an mbox, with ${which}`, async () => {
    await using folder = await TemporaryFolder.create();
    const mbox = join(folder.path, "old.mbox");
    const message = "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: a\n\nHello\n";
    await Deno.writeTextFile(mbox, message);
    await using program = await RunningProgram.start([mbox], {}, await permissionsOf(mbox));
    using client = await LoopbackClient.connect(program.port);
    await deleteTheOne(program, client, "XLOG me passw0rd");
    assertEquals(await Deno.readTextFile(mbox), "");
  });

  Deno.test(`users with hashes, a Maildir and TLS, with ${which}`, async () => {
    await using folder = await folderWithMail();
    for (const name of ["new", "cur", "tmp"]) await Deno.mkdir(join(folder.path, "mail/joe", name));
    await Deno.rename(join(folder.path, "mail/joe/a.eml"), join(folder.path, "mail/joe/new/1.a"));
    const options = await usersWithCertificate(folder);
    await using program = await RunningProgram.start(options, {}, await permissionsOf(...options));
    using client = await LoopbackClient.connectTls(program.tlsPort);
    await deleteTheOne(program, client, "XLOG joe j");
    assertEquals([folder.names("mail/joe/new"), folder.names("mail/joe/cur")], [[], []]);
  });

  Deno.test(`status of --admin, and check, with ${which}`, async () => {
    await using folder = await folderWithMail();
    const options = await usersWithCertificate(folder);
    const check = ["check", ...options, "--port", "0"];
    const checked = await runProgram(check, { permissions: await permissionsOf(...check) });
    assertEquals([checked.code, checked.stderr], [0, ""]);
    // The certificate expires in a day, which is a mistake that check reports.
    assertMatch(checked.stdout, /\nwarning: the certificate expires in 0 days\n/);
    assertMatch(checked.stdout, /\n0 errors, /);
    const all = [...options, "--admin", "0"];
    await using program = await RunningProgram.start(all, {}, await permissionsOf(...all));
    const admin = /127\.0\.0\.1:(\d+)$/.exec(program.readyLines[2] ?? "")?.[1] ?? "";
    const ask = ["status", "--admin", admin];
    const asked = await runProgram(ask, { permissions: await permissionsOf(...ask) });
    assertEquals([asked.code, asked.stderr], [0, ""]);
    assertStringIncludes(asked.stdout, "certificate CN=localhost until");
  });
}

Deno.test("the executable runs no program, loads no library, and sees no other variable", async () => {
  const attempts = `
    const told = {};
    const attempt = (name, act) => {
      try { told[name] = act() ?? "undefined"; } catch (error) { told[name] = error.name; }
    };
    attempt("run", () => new Deno.Command("true").outputSync().code);
    attempt("ffi", () => Deno.dlopen("libc.so.6", {}));
    attempt("hostname", () => Deno.hostname());
    for (const name of ["PATH", "PGUSER", "POP3SVC_USERS", "HOME"]) {
      attempt(name, () => Deno.env.get(name));
    }
    console.log(JSON.stringify(told));`;
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "attempts.js");
  await Deno.writeTextFile(file, attempts);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...EXECUTABLE_PERMISSIONS, file],
    env: { PGUSER: "x", POP3SVC_USERS: "x", HOME: "x", DENO_DIR: folder.path, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
    run: "NotCapable",
    ffi: "NotCapable",
    hostname: "NotCapable",
    PATH: "undefined",
    PGUSER: "undefined",
    POP3SVC_USERS: "x",
    HOME: "x",
  });
});

const commands: readonly (readonly string[])[] = [
  [],
  ["check"],
  ["status"],
  [
    "--users",
    "u",
    "--mail-root",
    "m",
    "--cert",
    "c",
    "--key",
    "k",
    "--host",
    "::",
    "--admin",
    "9",
    "--state-dir",
    "s",
  ],
  ["--config", "deno.json"],
];

for (const args of commands) {
  Deno.test(`without -A and a terminal, one line names what is missing: ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await runProgram(args, { permissions: [] });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^pop3svc: [^\n]*--allow-[^\n]*\n$/);
    if (args.includes("--config")) return;
    // With the flags that the message names, the program needs nothing else.
    const flags = stderr.match(/--allow-[^\s;]+/g) ?? [];
    assertEquals(flags, flagsOf(permissionsFor(await readCommandLine(args))));
  });
}

Deno.test("only the missing flag is named", async () => {
  const all = flagsOf(permissionsFor(await readCommandLine([])));
  assert(all.length >= 4);
  for (const missing of all) {
    const permissions = all.filter((flag) => flag !== missing);
    const { code, stderr } = await runProgram([], { permissions });
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, ` add ${missing}; `);
  }
});

/** Commands in pages and files that run main.ts by `deno run` with flags for permissions. */
async function scopedLines(name: string): Promise<{ flags: string[]; args: string[] }[]> {
  const text = (await Deno.readTextFile(join(root, name))).replaceAll(/\\\n\s*(#\s*)?/g, "");
  const lines = text.matchAll(/deno run ((?:--\S+\s+)*)(?:\S*\/)?main\.ts\b([^\n"#|)`]*)/g);
  return [...lines]
    .map(([, flags = "", args = ""]) => ({
      flags: flags.trim().split(/\s+/).filter((flag) => flag !== ""),
      args: args.trim().split(/\s+/).filter((arg) => arg !== ""),
    }))
    .filter(({ flags }) => !flags.includes("-A"));
}

const scoped = {
  "README.md": 1,
  "docs/operations/permissions.md": 3,
  "docs/operations/users.md": 2,
  "deno.json": 1,
  "deploy/clone/pop3svc": 1,
} as const;

for (const [name, count] of Object.entries(scoped)) {
  Deno.test(`the permissions that ${name} shows are those of lib/cli/permissions.ts`, async () => {
    const lines = await scopedLines(name);
    assertEquals(lines.length, count);
    for (const { flags, args } of lines) {
      // It is in place of the executable, and has the same permissions.
      const expected = name === "deploy/clone/pop3svc"
        ? EXECUTABLE_PERMISSIONS.filter((flag) => flag !== "--no-prompt")
        : flagsOf(permissionsFor(await readCommandLine(args)));
      const shown = flags.filter((flag) =>
        !/^--(quiet|no-prompt|cached-only|v8-flags=.*)$/.test(flag)
      );
      assertEquals(shown.toSorted(), expected.toSorted(), `main.ts ${args.join(" ")}`);
    }
  });
}

Deno.test("deploy/compile.ts makes the executable and the container, and has no list of its own", async () => {
  const compile = await Deno.readTextFile(join(root, "deploy/compile.ts"));
  assertStringIncludes(compile, "...EXECUTABLE_PERMISSIONS,");
  assertEquals(/--(allow|deny|ignore)-/.test(compile), false);
  const dockerfile = await Deno.readTextFile(join(root, "deploy/docker/Dockerfile"));
  assertStringIncludes(dockerfile, "deno task compile");
  assertEquals(/deno run/.test(dockerfile), false);
});

Deno.test("every variable that the code reads is among those of the executable", async () => {
  const flag = EXECUTABLE_PERMISSIONS.find((each) => each.startsWith("--allow-env="));
  const allowed = flag?.slice("--allow-env=".length).split(",") ?? [];
  const read = new Set<string>();
  for await (const path of filesBelow(join(root, "lib"))) {
    const text = await Deno.readTextFile(path);
    for (const [, name = ""] of text.matchAll(/(?:environmentVariable|env\.get)\("(\w+)"/g)) {
      read.add(name);
    }
  }
  assert(read.size >= 4);
  for (const name of read) {
    assert(allowed.some((each) => each === name || each === name.replace(/(?<=_).*/, "*")), name);
  }
});

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("docs/operations/permissions.md names every variable that the executable may read", async () => {
  const [, variables = ""] = EXECUTABLE_PERMISSIONS.map((flag) => /^--allow-env=(.*)/.exec(flag))
    .find((match) => match !== null) ?? [];
  const page = await Deno.readTextFile(join(root, "docs/operations/permissions.md"));
  for (const variable of variables.split(",")) assertStringIncludes(page, `\`${variable}\``);
});

Deno.test("a task has all permissions only if it starts programs, which have them in any case", () => {
  const startsPrograms = [
    "test",
    "compile",
    "clients",
    "architecture",
    "bench:peers",
    "bench:check",
    "bench:safety",
    "bench:tls",
    "bench:cluster",
    "soak",
    "ok",
  ];
  for (const [name, { command }] of Object.entries(deno.tasks)) {
    if (startsPrograms.includes(name)) continue;
    assertEquals(/ -A\b|--allow-(all|run|ffi)/.test(command), false, name);
  }
});
