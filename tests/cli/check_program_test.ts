/** `pop3svc check`: all faults at once, exit codes, many users, and the JSON that a page describes. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { checkPorts } from "../../lib/check/check_ports.ts";
import { checkProof } from "../../lib/check/check_proof.ts";
import { emptyReport } from "../../lib/check/check_mailbox.ts";
import { DocumentedShape } from "../documented_shape.ts";
import { ManualClock } from "../manual_clock.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { testAsRoot } from "../security/two_users.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority, certificate } from "../test_authority.ts";

const main = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** A folder with users, of whom joe has a Maildir with a message. */
async function folderWithUsers(lines: string): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const name of ["new", "cur", "tmp"]) {
    await Deno.mkdir(join(folder.path, "mail/joe", name), { recursive: true });
  }
  await Deno.writeTextFile(join(folder.path, "mail/joe/new/1.x"), "Subject: x\r\n\r\n");
  await Deno.writeTextFile(join(folder.path, "users"), lines, { mode: 0o600 });
  return folder;
}

function optionsOf(folder: TemporaryFolder): string[] {
  const path = (name: string) => join(folder.path, name);
  return ["--users", path("users"), "--mail-root", path("mail"), "--state-dir", path("state")];
}

/** The summary that `check --json` prints. */
async function summaryOf(...args: readonly string[]) {
  const { code, stdout, stderr } = await runProgram(["check", "--json", ...args]);
  assertEquals(stderr, "");
  return { code, summary: JSON.parse(stdout) };
}

Deno.test("several faults of several parts all show, with what to do, and nothing was made or changed", async () => {
  await using folder = await folderWithUsers("joe:{PLAIN}j\nbad\nann:{PLAIN}a\nnew:!\n");
  const path = (name: string) => join(folder.path, name);
  await Deno.mkdir(path("mail/ann"));
  await Deno.writeTextFile(path("mail/ann/a.eml.gz"), "x");
  const past = { notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-01") };
  const old = await authority.issue("old", past);
  await Deno.writeTextFile(path("cert.pem"), old.cert, { mode: 0o600 });
  await Deno.writeTextFile(path("key.pem"), old.key, { mode: 0o644 });
  using used = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  used.accept().then((connection) => connection.close());
  const args = [
    ...optionsOf(folder),
    ...["--cert", path("cert.pem"), "--key", path("key.pem"), "--tls-port", "0"],
    ...["--port", `${used.addr.port}`, "--wire-log", path("nowhere/wire")],
  ];
  const { code, stdout, stderr } = await runProgram(["check", ...args]);
  assertEquals([code, stderr], [1, ""]);
  for (
    const line of [
      `user "joe": ${
        path("mail/joe")
      }, maildir, (owner uid \\d+( \\(\\w+\\))?, )?1 message, 14 octets`,
      `user "new": no mailbox, locked`,
      `error: --wire-log ${path("nowhere/wire")}: no file can be made there`,
      "error: line 2: there is no colon after its name",
      'error: user "ann": .*compressed.*',
      "error: the certificate has expired: no client will accept it\n  to do: renew it: .*",
      `error: 127.0.0.1 port ${used.addr.port}: another program is using it .*\n  to do: .*ss -ltnp.*`,
      `warning: ${
        path("key.pem")
      }: every user of this machine can read it\n  to do: .*chmod 6[04]0 .*`,
      "5 errors, \\d warnings?",
    ]
  ) assertMatch(stdout, new RegExp(`^${line}$`, "m"));
  assertEquals(folder.names(), ["cert.pem", "key.pem", "mail", "users"]);
});

Deno.test("a wrong command line exits with 2, and the rest is checked all the same", async () => {
  const { code, summary } = await summaryOf(
    ...["nowhere", "--mail-root", "x", "--tls-port", "0", "--port", "off", "--host", "0.0.0.0"],
  );
  assertEquals(code, 2);
  const texts: string[] = summary.findings.map(({ text }: { text: string }) => text);
  for (
    const text of [
      "--tls-port 0 needs a certificate: give --cert and --key",
      "--mail-root needs --users, the file that lists the users",
      "--host 0.0.0.0 is open to other machines: set a password with --password-file or POP3SVC_PASSWORD",
      "nowhere: it is not there",
    ]
  ) assert(texts.includes(text), texts.join("\n"));
  const values = await runProgram(["check", "--port", "x", "--idle-timeout", "0"]);
  assertEquals([values.code, values.stdout], [2, ""]);
  assertMatch(values.stderr, /^pop3svc: --port x: give .*; --idle-timeout 0: give .*\n$/);
});

testAsRoot(
  "a mailbox that may not be read is an error with its path, and the others are looked at",
  async () => {
    await using folder = await folderWithUsers("joe:{PLAIN}j\nann:{PLAIN}a\n");
    const mailbox = join(folder.path, "mail/joe");
    await Deno.mkdir(join(folder.path, "mail/ann"));
    await Deno.chown(mailbox, 61_001, 61_001);
    await Deno.chmod(mailbox, 0o700);
    // Without capabilities, root may read only what its own user id may.
    const { code, stdout } = await new Deno.Command("setpriv", {
      args: [
        ...[
          "--bounding-set=-all",
          "--inh-caps=-all",
          Deno.execPath(),
          "run",
          "--quiet",
          "--no-check",
        ],
        ...["-A", main, "check", ...optionsOf(folder), "--port", "0"],
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(code, 1, text);
    assertMatch(
      text,
      /^error: user "joe": .*\/mail\/joe: permission denied\n {2}to do: .*chown -R 0 .*\/mail\/joe$/m,
    );
    assertMatch(text, /^user "ann": .*, 0 messages, 0 octets$/m);
  },
);

Deno.test("exit codes: warnings only are 0; no user, or no mailbox at all, is 1; locked users are no fault", async () => {
  const codeOf = async (lines: string) => {
    await using folder = await folderWithUsers(lines);
    const { code, summary } = await summaryOf(...optionsOf(folder), "--port", "0");
    return [code, summary.errors, summary.usersFile.withoutMailbox];
  };
  assertEquals(await codeOf("joe:{PLAIN}j\n"), [0, 0, 0]);
  assertEquals(await codeOf("joe:!\n"), [0, 0, 0]);
  assertEquals(await codeOf("joe:{PLAIN}j\nann:{PLAIN}a\n"), [0, 0, 1]);
  assertEquals(await codeOf("ann:{PLAIN}a\nbob:{PLAIN}a\n"), [1, 1, 2]);
  assertEquals(await codeOf("# nobody\n"), [1, 1, 0]);
  assertEquals(await codeOf("joe:{PLAIN}j\nbad\n"), [1, 1, 0]);
});

Deno.test("ports and the admin port of the running server are no findings", async () => {
  await using folder = await folderWithUsers("joe:{PLAIN}j\n");
  const path = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(path("cert.pem"), certificate.cert, { mode: 0o600 });
  await Deno.writeTextFile(path("key.pem"), certificate.key, { mode: 0o600 });
  const options = [
    ...optionsOf(folder),
    ...["--cert", path("cert.pem"), "--key", path("key.pem"), "--proxy-protocol", "127.0.0.1"],
  ];
  await using program = await RunningProgram.start([
    ...[...options, "--tls-port", "0", "--admin", "0"],
  ]);
  const admin = /http:\/\/127\.0\.0\.1:(\d+)/.exec(program.readyLines.join("\n"))?.[1] ?? "";
  const { code, summary } = await summaryOf(
    ...[...options, "--port", `${program.port}`, "--tls-port", `${program.tlsPort}`],
    ...["--admin", admin],
  );
  assertEquals(
    summary.running.map(({ port, answer }: { port: number; answer: string }) => [
      port,
      answer.replace(/<.*>/, "<>"),
    ]),
    [
      [program.port, "+OK pop3svc ready. <>"],
      [program.tlsPort, "+OK pop3svc ready. <>"],
      [Number(admin), "an --admin port"],
    ],
  );
  const ofPorts = summary.findings.filter((found: { concerns: { type: string } }) =>
    found.concerns.type === "port"
  );
  assertEquals([code, summary.errors, ofPorts], [0, 0, []]);
});

Deno.test("a program that keeps silent on a port is another program, after five seconds", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clock = new ManualClock();
  const ports = [{ port: silent.addr.port, tls: false }];
  const found = checkPorts({ hostnames: ["127.0.0.1"], ports, proxies: [], admin: null }, clock);
  using _connection = await silent.accept();
  clock.advance(5_000);
  const [finding] = await found;
  assertEquals(finding?.severity, "fault");
  assertStringIncludes(finding?.text ?? "", "no greeting within 5 seconds");
});

Deno.test("the TLS engine deno is a warning where strangers can connect", async () => {
  const said = async (host: string) => {
    const { summary } = await summaryOf(
      ...["--cert", "a", "--key", "b", "--tls-port", "0", "--port", "0", "--host", host],
      ...["--tls-engine", "deno"],
    );
    return summary.findings.map(({ text }: { text: string }) => text).join("\n");
  };
  assertStringIncludes(await said("0.0.0.0"), "--tls-engine deno: one stranger can use up");
  assertEquals((await said("127.0.0.1")).includes("stranger"), false);
});

Deno.test("root is told that its check proves little, and what to type instead", () => {
  const owned = (uid: number) => ({
    ...emptyReport({ username: "joe", path: null, format: null }),
    owner: { uid, gid: uid + 1 },
    isLocked: false,
    isMissing: false,
  });
  const remedyOf = (...uids: readonly number[]) =>
    checkProof(
      { type: "users", file: "users", users: uids.map(owned), findings: [] },
      "pop3svc check --users users",
      false,
      0,
    ).map(({ remedy }) => remedy);
  assertEquals(remedyOf(5_000, 5_000), [
    "setpriv --reuid=5000 --regid=5001 --init-groups pop3svc check --users users",
  ]);
  const unknown = [
    "with the server's user as NAME: " +
    "setpriv --reuid=NAME --regid=NAME --init-groups pop3svc check --users users",
  ];
  assertEquals([remedyOf(5_000, 5_001), remedyOf(0), remedyOf()], [unknown, unknown, unknown]);
  assertEquals(checkProof(owned(5_000), "pop3svc check", false, 5_000), []);
  const [low] = checkProof(owned(5_000), "pop3svc check", true, 0);
  assertStringIncludes(low?.remedy ?? "", "--ambient-caps=+net_bind_service pop3svc check");
});

Deno.test("of many users, those with findings are shown, and a hundred lines of a kind at most; --json has all", async () => {
  const lines = ["joe:{PLAIN}j\n"];
  await using folder = await folderWithUsers("");
  for (let number = 0; number < 300; number++) {
    lines.push(`u${number}:{PLAIN}x\n`);
    await Deno.mkdir(join(folder.path, `mail/u${number}`));
    if (number < 150) await Deno.writeTextFile(join(folder.path, `mail/u${number}/a.gz`), "x");
  }
  await Deno.writeTextFile(join(folder.path, "users"), lines.join(""), { mode: 0o600 });
  const { stdout, code } = await runProgram(["check", ...optionsOf(folder), "--port", "0"]);
  assertEquals(code, 1);
  const countOf = (pattern: RegExp) => [...stdout.matchAll(pattern)].length;
  assertEquals([countOf(/^user "/gm), countOf(/^error: /gm)], [100, 100]);
  assertStringIncludes(
    stdout,
    "\n… and 50 more users; --json prints all\n151 other users: nothing is wrong\n",
  );
  assertStringIncludes(stdout, "\n… and 50 more errors; --json prints all\n");
  assertStringIncludes(stdout, "\nusers: 301\n");
  const { summary } = await summaryOf(...optionsOf(folder), "--port", "0");
  assertEquals([summary.mailboxes.length, summary.errors], [301, 150]);
});

Deno.test("docs/operations/troubleshooting.md describes the JSON", async () => {
  await using folder = await folderWithUsers("joe:{PLAIN}j\nbad\nann:{PLAIN}a\n");
  const path = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(path("cert.pem"), certificate.cert, { mode: 0o600 });
  await Deno.writeTextFile(path("key.pem"), certificate.key, { mode: 0o644 });
  await Deno.mkdir(path("mail/ann/.pop3svc/moving-1"), { recursive: true });
  await Deno.writeTextFile(path("mail/ann/a.gz"), "x");
  await Deno.writeTextFile(path("mail/ann/a b.eml"), "Subject: x\r\n\r\n");
  using used = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  used.accept().then((connection) => connection.close());
  const shape = await DocumentedShape.of("docs/operations/troubleshooting.md");
  const { summary } = await summaryOf(
    ...optionsOf(folder),
    ...["--cert", path("cert.pem"), "--key", path("key.pem"), "--tls-port", "0"],
    ...["--settle-time", "0", "--port", `${used.addr.port}`],
  );
  shape.check(summary);
  shape.check((await summaryOf("nowhere", "--port", "0")).summary);
  // tests/cli/check_database_test.ts compares that of a real database.
  shape.check({ running: [{ hostname: "127.0.0.1", port: 110, answer: "+OK" }] });
  shape.check({ database: { place: "mail at 127.0.0.1", users: 1, locked: 0 } });
  assertEquals(shape.unseen, []);
});
