/** The files that options name, as editors on Windows save them; and a server key that cannot be kept. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

/** What Notepad saves as "UTF-8 with BOM" and as "Unicode". */
const editors: readonly (readonly [string, (text: string) => Uint8Array<ArrayBuffer>])[] = [
  ["UTF-8 with a mark", (text) => new TextEncoder().encode(`\ufeff${text}`)],
  [
    "UTF-16 with a byte order mark",
    (text) =>
      new Uint8Array(
        [...`\ufeff${text}`].flatMap((character) => {
          const unit = character.charCodeAt(0);
          return [unit & 0xff, unit >> 8];
        }),
      ),
  ],
];

async function logsIn(program: RunningProgram, name: string, password: string) {
  using client = await LoopbackClient.connect(program.port);
  await client.readLine();
  return await client.command(`XLOG ${name} ${password}`);
}

for (const [editor, save] of editors) {
  Deno.test(`a password, a config and faults, saved as ${editor}`, async () => {
    await using folder = await TemporaryFolder.create();
    const at = (name: string) => join(folder.path, name);
    await Deno.writeFile(at("password"), save("pässwörd\r\nnext\r\n"));
    await Deno.writeFile(
      at("faults"),
      save('{ "seed": 7, "rules": [{ "fault": "in-use", "at": "wake" }] }\r\n'),
    );
    const config = { "password-file": at("password"), user: "Me", faults: at("faults") };
    await Deno.writeFile(at("config"), save(JSON.stringify(config)));
    await using program = await RunningProgram.start([folder.path, "--config", at("config")]);
    assertEquals(await logsIn(program, "me", "pässwörd"), "+OK Welcome.");
  });

  Deno.test(`users and a certificate, saved as ${editor}`, async () => {
    await using folder = await TemporaryFolder.create();
    const at = (name: string) => join(folder.path, name);
    await Deno.writeFile(at("users"), save("joe:{PLAIN}pässwörd\r\nann:{PLAIN}a\r\n"));
    const { cert, key } = certificate;
    await Deno.writeFile(at("cert.pem"), save(cert.replaceAll("\n", "\r\n")));
    await Deno.writeFile(at("key.pem"), save(key.replaceAll("\n", "\r\n")));
    const options = ["--users", at("users"), "--mail-root", folder.path];
    const tls = ["--cert", at("cert.pem"), "--key", at("key.pem"), "--tls-port", "0"];
    await using program = await RunningProgram.start([...options, ...tls]);
    assertEquals(await logsIn(program, "joe", "pässwörd"), "+OK Welcome.");
  });
}

Deno.test("a file that is not text is refused at the start by the number of its line, and not quoted", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "latin-1");
  await Deno.writeFile(file, new Uint8Array([0x53, 0x45, 0x43, 0x0a, 0x52, 0xe9, 0x54, 0x0a]));
  const reason = "line 2 is not UTF-8: save the file as UTF-8";
  for (const option of ["--password-file", "--users", "--config", "--faults"]) {
    const { code, stderr } = await runProgram([option, file, "--port", "0"]);
    assertEquals([code, stderr], [1, `pop3svc: ${option} ${file}: ${reason}\n`]);
  }
  const { code, stdout } = await runProgram(["check", "--users", file, "--port", "0"]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, `\nerror: ${file}: ${reason}\n`);
  const hashed = await runProgram(["hash"], { stdin: "a\0b\n" });
  assertEquals(hashed.code, 1);
  assertStringIncludes(hashed.stderr, "NUL");
});

Deno.test("an empty password is refused", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "password");
  for (const content of ["", "\r\nsecret\r\n", "\ufeff\r\n"]) {
    await Deno.writeTextFile(file, content);
    const { code, stderr } = await runProgram(["--password-file", file, "--port", "0"]);
    assertEquals([code, stderr], [
      1,
      `pop3svc: --password-file ${file}: its first line is empty\n`,
    ]);
  }
});

Deno.test("check reports hashes that cost too much, and two spellings of one name", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "users");
  const dear = `$2y$31$${"a".repeat(53)}`;
  await Deno.writeTextFile(file, `joe:{PLAIN}x\ndear:${dear}\nJoe:{PLAIN}y\n`);
  const checked = await runProgram(["check", "--users", file, "--mail-root", folder.path]);
  assertEquals(checked.code, 1);
  assertMatch(
    checked.stdout,
    /error: line 2: user "dear": its password costs too much: bcrypt up to 14\n/,
  );
  assertMatch(
    checked.stdout,
    /error: line 3: user "Joe": its name counts as equal to that of a line above\n/,
  );
  const keep = ["--username-case", "keep", "--port", "0"];
  const kept = await runProgram(["check", "--users", file, "--mail-root", folder.path, ...keep]);
  assertEquals(kept.code, 1);
  assertEquals(kept.stdout.includes("error: line 3"), false);
});

Deno.test("the key is kept in the state directory; where it cannot be, the log says so once", async () => {
  await using folder = await TemporaryFolder.create();
  const users = join(folder.path, "users");
  const state = join(folder.path, "state");
  await Deno.writeTextFile(users, "joe:{PLAIN}x\n");
  const options = ["--users", users, "--mail-root", folder.path, "--state-dir", state];
  const keys: string[] = [];
  for (let start = 0; start < 2; start++) {
    await using program = await RunningProgram.start(options);
    assertEquals((await program.end("SIGTERM")).stderr.includes("key"), false);
    keys.push(await Deno.readTextFile(join(state, "key")));
  }
  assertEquals(keys[0], keys[1]);
  await Deno.writeTextFile(join(state, "key"), "damaged");
  await using program = await RunningProgram.start(options);
  const { stderr } = await program.end("SIGTERM");
  assertEquals(stderr.match(/the server makes a new key at each start/g)?.length, 1, stderr);
});
