/** `pop3svc check --postgres`; and that no other start loads the code for databases. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { copy } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { DocumentedShape } from "../documented_shape.ts";
import { MailDatabase } from "../postgres/mail_database.ts";
import { newDatabase, testWithPostgres } from "../postgres/test_postgres.ts";
import { runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

async function check(url: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runProgram(["check", "--json", "--port", "0", ...args], {
    env: { POP3SVC_POSTGRES: url },
    permissions: EXECUTABLE_PERMISSIONS,
  });
  assertEquals(/passw0rd|S3CRET/.test(stdout + stderr), false, stdout + stderr);
  assertEquals(stderr, "");
  const summary = JSON.parse(stdout);
  const found: { text: string; remedy: string | null; severity: string }[] = summary.findings;
  // What is said of root, who runs the tests, says nothing about the database.
  const told = found.filter(({ text }) => !text.startsWith("root runs this check"));
  return { code, summary, lines: told.map(({ severity, text }) => `${severity}: ${text}`), told };
}

testWithPostgres(
  "check: a right set-up, and each thing that may be wrong with mail in a database",
  async (database) => {
    const none = await check(database.url("server"));
    assertEquals([none.code, none.lines], [1, [
      "error: the database: the database has no tables of pop3svc yet: migrate it",
    ]]);
    assertMatch(none.told[0]?.remedy ?? "", /^pop3svc postgres migrate/);

    await using mail = await MailDatabase.create(database);
    const right = await check(mail.serverUrl);
    assertEquals([right.code, right.lines], [0, []]);
    assertMatch(right.summary.database.place, /^test\d+ at 127\.0\.0\.1$/);
    assertEquals([right.summary.database.users, right.summary.database.locked], [1, 0]);
    (await DocumentedShape.of("docs/operations/troubleshooting.md")).check(right.summary);

    const owner = await check(database.url());
    assertEquals([owner.code, owner.lines], [0, [
      "warning: the role postgres is a superuser, which the server does not need",
    ]]);
    const deliverer = await check(database.url("delivery"));
    assertEquals(deliverer.code, 1);
    assertMatch(
      deliverer.lines[0] ?? "",
      /^error: the role delivery may not .*delete on pop3svc\.message, /,
    );
    await mail.sql("grant update on pop3svc.account to server");
    const more = await check(mail.serverUrl);
    assertEquals([more.code, more.lines], [0, [
      "warning: the role server may update on pop3svc.account, which the server does not need",
    ]]);
    await mail.sql("revoke update on pop3svc.account from server");

    await mail.sql(
      "insert into pop3svc.account values ('odd', '{ODD}S3CRET', 'odd'), ('gone', '!', 'gone')",
    );
    const accounts = await check(mail.serverUrl);
    assertEquals(
      [accounts.code, accounts.summary.database.users, accounts.summary.database.locked],
      [1, 3, 1],
    );
    assertMatch(accounts.lines.join("\n"), /^error: user "odd": .*ODD.*$/);
    await mail.sql("insert into pop3svc.version (number) values (99)");
    assertMatch(
      (await check(mail.serverUrl)).lines.join("\n"),
      /^error: .* have version 99, and this package needs 1$/,
    );
  },
);

testWithPostgres(
  "check: the query for accounts is run, and the mailboxes of all accounts must be there",
  async (database) => {
    await using folder = await TemporaryFolder.create();
    await Deno.mkdir(join(folder.path, "mail/ann"), { recursive: true });
    await database.sql(`create table users (name text, hash text, place text);
    insert into users values ('ann', '{PLAIN}passw0rd', 'ann');
    grant select on users to server`);
    const url = database.url("server");
    const disk = [
      "--mail-root",
      join(folder.path, "mail"),
      "--state-dir",
      join(folder.path, "state"),
    ];
    const ask = (query: string) => check(url, ...disk, "--accounts-query", query);
    const query = "select hash as password, place as mailbox from users where name = $1";
    const right = await ask(query);
    assertEquals([right.code, right.lines, right.summary.database.users], [0, [], 1]);
    const columns = await ask("select hash, place from users where name = $1");
    assertEquals(columns.code, 1);
    assertMatch(
      columns.lines[0] ?? "",
      /^error: the database: column account\.password does not exist$/,
    );
    await database.sql(
      "insert into users values ('bob', '{PLAIN}passw0rd', 'bob'), ('eve', '{PLAIN}x', '../eve')",
    );
    const wrong = await ask(query);
    assertEquals(wrong.code, 1);
    assertEquals(wrong.lines, [
      'error: user "../eve": its mailbox leads out of the folder of mailboxes',
      `warning: without a mailbox yet: 1 of 3 users, such as ${join(folder.path, "mail/bob")}`,
    ]);
    const unlisted = await ask(
      "select hash as password, place as mailbox from users where lower(name) = $1",
    );
    assertEquals([unlisted.code, unlisted.summary.database.users], [0, null]);
  },
);

testWithPostgres(
  "check: a database that does not answer, a wrong password, a wrong URL",
  async () => {
    const own = await newDatabase();
    const away = await check(own.url("server", 1));
    assertEquals([away.code, away.lines], [1, [
      "error: the database does not answer: connect ECONNREFUSED 127.0.0.1:1",
    ]]);
    const wrong = await check(own.url("server").replace("passw0rd", "S3CRET"));
    assertEquals([wrong.code, wrong.lines], [1, [
      'error: the database does not answer: password authentication failed for user "server"',
    ]]);
    const { code, lines } = await check("postgres://:S3CRET@db/x", "--users", "u");
    assertEquals(code, 2);
    assertStringIncludes(lines.join("\n"), "the URL of the database: it names no user");
    assertStringIncludes(lines.join("\n"), "--users cannot be used with --postgres");
    // A URL on the command line is not repeated, neither by a finding nor by the command for another user.
    const given = await runProgram(["check", "--port", "0", "--postgres", own.url("server", 1)]);
    assertEquals(given.stdout.includes("passw0rd"), false, given.stdout);
    assertMatch(
      given.stdout,
      /^warning: every user of this machine can read the password of --postgres/m,
    );
  },
);

Deno.test("a start without --postgres loads neither lib/postgres nor npm:pg", async () => {
  await using folder = await TemporaryFolder.create();
  const at = (name: string) => join(folder.path, name);
  for (const name of ["lib", "links", "main.ts", "deno.json", "deno.lock", "mailbox-sample"]) {
    await copy(join(root, name), at(name));
  }
  await Deno.mkdir(at("tests"));
  await copy(join(root, "tests/deno.json"), at("tests/deno.json"));
  await Deno.writeTextFile(at("users"), "me:{PLAIN}passw0rd\n");
  // In the place of both: whoever loads it is seen.
  await Deno.remove(at("lib/postgres"), { recursive: true });
  await Deno.mkdir(at("lib/postgres"));
  await Deno.writeTextFile(at("lib/postgres/mod.ts"), 'console.error("LOADED");');
  const run = async (...args: readonly string[]) => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", "main.ts", ...args],
      cwd: folder.path,
      env: { NO_COLOR: "1" },
      stdin: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  assertMatch(await run("check", "--port", "0"), /messages: \d/);
  assertMatch(
    await run("check", "--port", "0", "--users", "users", "--mail-root", "."),
    /users: 1/,
  );
  // It gets as far as its port, which is taken.
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = [
    "--users",
    "users",
    "--mail-root",
    ".",
    "--state-dir",
    "state",
    "--port",
    `${taken.addr.port}`,
  ];
  const served = await run(...serve);
  assertMatch(served, /cannot listen on 127\.0\.0\.1/);
  for (const args of [["--help"], serve, ["check", "--port", "0"], ["status", "--admin", "1"]]) {
    assertEquals((await run(...args)).includes("LOADED"), false, args.join(" "));
  }
  assertStringIncludes(await run("--postgres", "postgres://me@127.0.0.1/x"), "LOADED");
});

Deno.test("npm:pg is imported by lib/postgres alone", async () => {
  const importers: string[] = [];
  const search = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(join(root, path))) {
      if (isDirectory) await search(join(path, name));
      else if (name.endsWith(".ts")) {
        const text = await Deno.readTextFile(join(root, path, name));
        if (/(from|import\() ?"pg"/.test(text)) importers.push(join(path, name));
      }
    }
  };
  await search("lib");
  assertEquals(importers, ["lib/postgres/client/connection.ts"]);
});
