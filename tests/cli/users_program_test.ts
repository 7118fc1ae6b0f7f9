/** The program with a users file, and `pop3svc hash`. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { run, testWith } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { run as runAsRoot, testAsRoot } from "../security/two_users.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("a hash of pop3svc hash lets its user log in; bad lines are logged, changes take effect", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "users");
  const mail = join(folder.path, "mail");
  await Deno.mkdir(join(mail, "joe"), { recursive: true });
  await Deno.writeTextFile(join(mail, "joe", "a.eml"), "Subject: for joe\n\n");
  const hashed = await runProgram(["hash"], { stdin: "correct horse\n" });
  assertMatch(hashed.stdout, /^\{ARGON2ID\}\$argon2id\$[^\n]+\n$/);
  await Deno.writeTextFile(file, `joe:${hashed.stdout}bad line\n`);
  await using program = await RunningProgram.start(["--users", file, "--mail-root", mail]);
  assertEquals(program.readyLines[1], `ready: serving 1 user of ${file}; press Ctrl+C to stop`);
  using joe = await LoopbackClient.connect(program.port);
  await joe.readLine();
  assertEquals(await joe.command("XLOG joe correct horse"), "+OK Welcome.");
  assertEquals(await joe.command("STAT"), "+OK 1 20");
  await Deno.writeTextFile(file, "ann:{PLAIN}a\n");
  using ann = await LoopbackClient.connect(program.port);
  await ann.readLine();
  assertEquals(await ann.command("XLOG ann a"), "+OK Welcome.");
  const { stderr } = await program.end("SIGTERM");
  assertStringIncludes(
    stderr,
    `failed during="users file" reason="${file}: line 2: there is no colon after its name"`,
  );
});

testAsRoot("check --users names what is wrong, and shows no secret", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "users");
  const mail = join(folder.path, "mail");
  await Deno.mkdir(mail);
  await Deno.symlink("/", join(mail, "linked"));
  await runAsRoot("chown", "-h", "61001", join(mail, "linked"));
  await Deno.writeTextFile(file, "joe:{PLAIN}SECRET\nlinked:{PLAIN}SECRET\nlocked:!\nbad:SECRET\n");
  const checked = await runProgram(["check", "--users", file, "--mail-root", mail, "--port", "0"]);
  assertEquals(checked.code, 1);
  assertMatch(
    checked.stdout,
    /^users file: .*\nusers: 3\nlocked: 1\n[^]*\nerror: line 4: .*\nerror: user "linked": .*linked is a symbolic link of user 61001 to something of user 0: it is not followed\n[^]*\n2 errors, 3 warnings\n$/,
  );
  assertEquals(checked.stderr, "");
  assertEquals(checked.stdout.includes("SECRET"), false);
});

Deno.test("with a proxy, the client's address decides, and --allow-insecure-login permits the login", async () => {
  const header = "PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\r\n";
  const options = [
    "--proxy-protocol",
    "127.0.0.0/8",
    "--proxy-protocol",
    "::1",
    "--ban-after",
    "1",
  ];
  const firstReplies = async (more: readonly string[], commands: readonly string[]) => {
    await using program = await RunningProgram.start([...options, ...more], {
      POP3SVC_PASSWORD: "passw0rd",
    });
    using client = await LoopbackClient.connect(program.port);
    await client.send(header);
    await client.readLine();
    const replies: (string | null)[] = [];
    for (const command of commands) replies.push(await client.command(command));
    return { replies, stderr: (await program.end("SIGTERM")).stderr };
  };
  const strict = await firstReplies([], ["XLOG me passw0rd"]);
  assertEquals(strict.replies, ["-ERR Call STLS and negotiate TLS first."]);
  const lax = await firstReplies(["--allow-insecure-login"], ["XLOG me passw0rd", "QUIT"]);
  assertEquals(lax.replies[0], "+OK Welcome.");
  assertStringIncludes(lax.stderr, "info login connection=1 address=192.0.2.7 user=me");
  const banned = await firstReplies(["--allow-insecure-login"], [
    "XLOG me wrong",
    "XLOG me passw0rd",
  ]);
  assertEquals(banned.replies, new Array(2).fill("-ERR [AUTH] Wrong username or password."));
  assertStringIncludes(banned.stderr, "address=192.0.2.7 user=me mechanism=XLOG reason=banned");
});

Deno.test("every scheme of hash", async () => {
  const begins = {
    argon2id: "{ARGON2ID}$argon2id$",
    scrypt: "{SCRYPT}$scrypt$",
    bcrypt: "{BLF-CRYPT}$2y$",
    "sha512-crypt": "{SHA512-CRYPT}$6$",
    "SHA512-CRYPT": "{SHA512-CRYPT}$6$",
  };
  for (const [scheme, begin] of Object.entries(begins)) {
    const { stdout, code } = await runProgram(["hash", "--scheme", scheme], { stdin: "x" });
    assertEquals([code, stdout.slice(0, begin.length)], [0, begin]);
  }
});

await testWith(
  "python3",
  "on a terminal, hash asks twice and does not show the password",
  async () => {
    const main = fromFileUrl(new URL("../../main.ts", import.meta.url));
    const script = `
import os, pty, sys
def converse(answers):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], [sys.argv[1], "run", "--no-check", "-A", sys.argv[2], "hash", "--scheme", "bcrypt"])
    seen = b""
    for question, answer in answers:
        while not seen.endswith(question): seen += os.read(terminal, 1000)
        os.write(terminal, answer)
    while True:
        try: read = os.read(terminal, 1000)
        except OSError: break
        if not read: break
        seen += read
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen
code, seen = converse([(b"Password: ", "s\\u00e9cretx\\x7f\\n".encode()), (b"Again: ", "s\\u00e9cret\\n".encode())])
assert code == 0 and b"{BLF-CRYPT}" in seen and b"cret" not in seen, (code, seen)
code, seen = converse([(b"Password: ", b"one\\n"), (b"Again: ", b"two\\n")])
assert code == 1 and b"differ" in seen, (code, seen)
print("done")
`;
    const said = await run("python3", ["-c", script, Deno.execPath(), main]);
    assertStringIncludes(new TextDecoder().decode(said), "done");
  },
);

const mistakes: readonly (readonly [readonly string[], number, string])[] = [
  [["--users", "nowhere"], 1, "--users nowhere: it is not there"],
  [["--users", "main.ts"], 1, "--users main.ts: nobody in it can log in"],
  [["--users", "x", "mailbox-sample"], 2, "with --users, give --mail-root in place of MAILBOX"],
  [["--users", "x", "--user", "me"], 2, "--user cannot be used with --users"],
  [["--users", "x", "--mail-root", "nowhere"], 1, "--mail-root nowhere: it is not there"],
  [["--users", "x", "--mail-root", "main.ts"], 1, "--mail-root main.ts: it is not a folder"],
  [["--mail-root", "mailbox-sample"], 2, "--mail-root needs --users"],
  [["--mail-path", "%n"], 2, "--mail-path needs --users"],
  [["--default-domain", "example.org"], 2, "--default-domain needs --users"],
  [["--users", "x", "--mail-path", "%n"], 2, "--mail-path needs --mail-root"],
  [["--users", "x", "--mail-path", "../%n"], 2, "--mail-path ../%n: give a path below"],
  [["--users", "x", "--default-domain", "@a"], 2, "--default-domain @a: give a domain such as"],
  [
    ["--proxy-protocol", "x/y", "--password-file", "deno.json"],
    2,
    "--proxy-protocol x/y: give a network such as",
  ],
  [["--ban-after=-1"], 2, "--ban-after -1: give a whole number from 0"],
  [["--ban-exempt", "x/y"], 2, "--ban-exempt x/y: give a network such as 192.0.2.0/24"],
  [["--scheme", "bcrypt"], 2, "--scheme is not an option of pop3svc serve"],
  [["hash", "--port", "1"], 2, "--port is not an option of pop3svc hash"],
  [["hash", "secret"], 2, "hash takes no password on the command line"],
  [
    ["hash", "--scheme", "md5"],
    2,
    "--scheme md5: give argon2id or scrypt or bcrypt or sha512-crypt",
  ],
  [["hash"], 1, "an empty password is never accepted"],
];

for (const [args, code, message] of mistakes) {
  Deno.test(`one line and exit ${code} for ${args.join(" ")}`, async () => {
    const result = await runProgram(args);
    assertStringIncludes(result.stderr, `pop3svc: `);
    assertStringIncludes(result.stderr, message);
    const lines = result.stderr.trim().split("\n").filter((line) => !line.includes("during="));
    assertEquals([result.code, lines.length, result.stdout], [code, 1, ""], result.stderr);
  });
}

Deno.test("check --users looks into every mailbox: mail that is not served is a fault, a doubt is a warning", async () => {
  await using folder = await TemporaryFolder.create();
  const path = (below: string) => join(folder.path, below);
  await Deno.mkdir(path("mail/joe"), { recursive: true });
  for (const name of ["new", "cur", "tmp"]) {
    await Deno.mkdir(path(`mail/ann/${name}`), { recursive: true });
  }
  await Deno.writeTextFile(path("mail/ann/cur/1.x,S=1,W=9:2,S"), "Subject: x\n\n");
  await Deno.writeTextFile(path("users"), "joe:{PLAIN}j\nann:{PLAIN}a\n");
  const check = () =>
    runProgram(["check", "--users", path("users"), "--mail-root", path("mail"), "--port", "0"]);
  const doubtful = await check();
  assertMatch(doubtful.stdout, /\nwarning: user "ann": .*(size|W=)/);
  assertEquals(doubtful.code, 0);
  await Deno.writeTextFile(path("mail/joe/a.eml.gz"), "x");
  const wrong = await check();
  assertMatch(wrong.stdout, /\nerror: user "joe": .*compressed[^]*\n1 error, /);
  assertEquals(wrong.code, 1);
});
