/** `pop3svc postgres …` and `pop3svc deliver`: what they do, what they print, and each exit code. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { MailDatabase } from "../postgres/mail_database.ts";
import { newDatabase, testWithPostgres } from "../postgres/test_postgres.ts";
import { runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const MESSAGE = "Subject: Hello\n\nWorld\n";

/** Runs a command for a database, with the permissions of the executable. */
async function run(url: string, args: readonly string[], stdin = "") {
  const env = { POP3SVC_POSTGRES: url };
  const result = await runProgram(args, { env, stdin, permissions: EXECUTABLE_PERMISSIONS });
  assertEquals(/passw0rd|S3CRET/.test(result.stdout + result.stderr), false, result.stderr);
  return result;
}

testWithPostgres(
  "from an empty database to a message that is there: migrate, add-user, deliver",
  async (database) => {
    const roles = ["--server-role", "server", "--delivery-role", "delivery"];
    const migrate = ["postgres", "migrate", ...roles];
    assertEquals(await run(database.url(), migrate), {
      code: 0,
      stdout: "version 1; there were none\nserver has its rights\ndelivery has its rights\n",
      stderr: "",
    });
    assertMatch(
      (await run(database.url(), migrate)).stdout,
      /^the tables have version 1 already\n/,
    );
    const refused = await run(database.url("server"), ["postgres", "migrate"]);
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /^pop3svc: test\d+ at 127\.0\.0\.1: permission denied/);

    const add = ["postgres", "add-user", "Me", "--scheme", "sha512-crypt"];
    const added = await run(database.url(), add, "my password\n");
    assertEquals(added, { code: 0, stdout: "Me may log in\n", stderr: "" });
    assertMatch(
      (await database.sql("select password from pop3svc.account where name = 'me'"))[0] ?? "",
      /^\{SHA512-CRYPT\}\$6\$/,
    );
    const twice = await run(database.url(), ["postgres", "add-user", "me", "--hash", "{PLAIN}x"]);
    assertEquals([twice.code, twice.stderr], [
      1,
      "pop3svc: me: there is a user with this name already\n",
    ]);
    const wrong = await run(database.url(), [
      "postgres",
      "add-user",
      "you",
      "--hash",
      "{ODD}S3CRET",
    ]);
    assertEquals(wrong.code, 2);
    assertMatch(wrong.stderr, /^pop3svc: --hash: .*ODD/);
    assertEquals((await run(database.url(), ["postgres", "add-user", "you"], "\n")).code, 1);

    const delivered = await run(database.url("delivery"), ["deliver", "ME"], MESSAGE);
    assertEquals(delivered, { code: 0, stdout: "", stderr: "" });
    assertEquals(
      await database.sql("select convert_from(octets, 'UTF8') from pop3svc.chunk"),
      MESSAGE.split("\n"),
    );
  },
);

testWithPostgres(
  "import copies a folder, a Maildir and an mbox with their unique ids, and again only what is new",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await using folder = await TemporaryFolder.create();
    const at = (name: string) => join(folder.path, name);
    await Deno.mkdir(at("folder"));
    await Deno.writeTextFile(at("folder/a.eml"), MESSAGE);
    for (const name of ["new", "cur", "tmp"]) {
      await Deno.mkdir(at(`maildir/${name}`), { recursive: true });
    }
    await Deno.writeTextFile(at("maildir/new/1.b"), MESSAGE);
    await Deno.writeTextFile(
      at("mbox"),
      `From a@example.org Thu Jan  1 00:00:00 2026\n${MESSAGE}\n`,
    );
    const owner = mail.database.url();
    const imported = (name: string, user = "me") =>
      run(owner, ["postgres", "import", user, at(name)]);
    for (const name of ["folder", "maildir", "mbox"]) {
      assertEquals(await imported(name), {
        code: 0,
        stdout: "1 message added, 0 were there already\n",
        stderr: "",
      });
      assertEquals((await imported(name)).stdout, "0 messages added, 1 were there already\n");
      // As a users file writes it.
      const again = await run(owner, ["postgres", "import", "me", `${name}:${at(name)}`]);
      assertEquals(again.stdout, "0 messages added, 1 were there already\n", again.stderr);
    }
    const wrong = await run(owner, ["postgres", "import", "me", `mbox:${at("maildir")}`]);
    assertEquals(wrong.code, 1, wrong.stdout);
    const ids = await mail.sql("select unique_id from pop3svc.message order by id");
    assertEquals([ids.length, ids[1]], [3, "1.b"]);
    const nobody = await imported("folder", "nobody");
    assertEquals([nobody.code, nobody.stderr], [
      1,
      "pop3svc: nobody: there is no such user; add it first\n",
    ]);
    const nowhere = await imported("nowhere");
    assertEquals(nowhere.code, 1);
    assertMatch(nowhere.stderr, /^pop3svc: mailbox .*nowhere: it is not there\n$/);
  },
);

testWithPostgres(
  "deliver exits with 0, 64, 65, 67 or 75, and says in one line why, without a machine or a password",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    const url = mail.database.url("delivery");
    const cases: readonly (readonly [string, readonly string[], number, string])[] = [
      [url, ["deliver", "nobody"], 67, "nobody: there is no such user"],
      [url, ["deliver"], 64, "give pop3svc deliver USER"],
      [url, ["deliver", "me", "you"], 64, "give pop3svc deliver USER"],
      [url, ["deliver", "--odd", "me"], 64, "unknown option --odd; see pop3svc --help"],
      [url, ["deliver", "me", "--users", "x"], 64, "--users is not an option of pop3svc deliver"],
      [url, ["deliver", "me", "--username-case", "x"], 64, "--username-case x: give lower or keep"],
      [
        "",
        ["deliver", "me"],
        75,
        "which database? Give its URL by POP3SVC_POSTGRES, in the file of --config, or by --postgres",
      ],
      [
        "postgres://S3CRET",
        ["deliver", "me"],
        75,
        "the URL of the database: it names no user: give postgres://user:password@host:5432/database",
      ],
      [
        url,
        ["deliver", "me", "--config", "nowhere.jsonc"],
        75,
        "--config nowhere.jsonc: it is not there",
      ],
      [
        url.replace("passw0rd", "S3CRET"),
        ["deliver", "me"],
        75,
        "the message cannot be stored now (28P01)",
      ],
      [
        url.replace(/:\d+\//, ":1/"),
        ["deliver", "me"],
        75,
        "the message cannot be stored now (ECONNREFUSED)",
      ],
      [mail.serverUrl, ["deliver", "me"], 75, "the message cannot be stored now (42501)"],
    ];
    for (const [where, args, code, line] of cases) {
      const told = await run(where, args, MESSAGE);
      assertEquals(
        [told.code, told.stdout, told.stderr],
        [code, "", `pop3svc: ${line}\n`],
        args.join(" "),
      );
    }
    const empty = await run(url, ["deliver", "me"]);
    assertEquals([empty.code, empty.stderr], [
      65,
      "pop3svc: there is no message: standard input is empty\n",
    ]);
    await mail.sql("insert into pop3svc.version values (1000)");
    const older = await run(url, ["deliver", "me"], MESSAGE);
    assertEquals([older.code, older.stderr], [
      75,
      "pop3svc: the message cannot be stored now: the tables have version 1000, and this package needs 1\n",
    ]);
    const env = { POP3SVC_POSTGRES: url };
    const forbidden = await runProgram(["deliver", "me"], {
      env,
      permissions: ["--no-prompt", "--allow-env"],
    });
    assertEquals(forbidden.code, 75, forbidden.stderr);
    const typing = { ...env, POP3SVC_ODD: "1" };
    assertEquals((await runProgram(["deliver", "me"], { env: typing })).code, 75);
    assertEquals(await mail.sql("select count(*) from pop3svc.message"), ["0"]);
  },
);

testWithPostgres(
  "deliver tries again later when the database hangs, and takes the URL from the file of --config",
  async () => {
    await using mail = await MailDatabase.create(await newDatabase());
    await using folder = await TemporaryFolder.create();
    const config = join(folder.path, "config.jsonc");
    const url = mail.database.url("delivery");
    await Deno.writeTextFile(
      config,
      JSON.stringify({ postgres: url, "default-domain": "example.org", port: 1100 }),
    );
    await mail.sql("insert into pop3svc.account values ('ann@example.org', null, 'ann')");
    const deliver = ["deliver", "--config", config];
    assertEquals((await run("", [...deliver, "ann"], MESSAGE)).code, 0);
    const { folder: data } = mail.database.server;
    const [pid = ""] = (await Deno.readTextFile(`${data}/data/postmaster.pid`)).split("\n");
    Deno.kill(Number(pid), "SIGSTOP");
    try {
      const { code, stderr } = await run("", [...deliver, "ann"], MESSAGE);
      assertEquals([code, stderr], [75, "pop3svc: the message cannot be stored now\n"]);
    } finally {
      Deno.kill(Number(pid), "SIGCONT");
    }
    assertEquals(await mail.sql("select count(*) from pop3svc.message"), ["1"]);
  },
);

testWithPostgres(
  "a URL without a password has none: neither PGPASSWORD nor ~/.pgpass is obeyed",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await using home = await TemporaryFolder.create();
    const file = join(home.path, ".pgpass");
    await Deno.writeTextFile(file, "*:*:*:*:passw0rd\n", { mode: 0o600 });
    const url = mail.database.url("delivery").replace(":passw0rd", "");
    for (const permissions of [EXECUTABLE_PERMISSIONS, ["-A"]]) {
      for (
        const variables of [
          { PGPASSWORD: "passw0rd" },
          { HOME: home.path },
          { HOME: home.path, PGPASSFILE: file },
        ]
      ) {
        const env = { POP3SVC_POSTGRES: url, ...variables };
        const { code, stderr } = await runProgram(["deliver", "me"], {
          env,
          stdin: MESSAGE,
          permissions,
        });
        assertEquals([code, stderr], [75, "pop3svc: the message cannot be stored now\n"]);
      }
    }
    assertEquals(await mail.sql("select count(*) from pop3svc.message"), ["0"]);
  },
);

const URL_OF_NOBODY = "postgres://u:S3CRET@127.0.0.1/x";
const QUERY = "select password, mailbox from account where name = $1";

const combinations: readonly (readonly [readonly string[], string])[] = [
  [["--users", "u"], "--users cannot be used with --postgres"],
  [["mail"], "MAILBOX cannot be used with --postgres"],
  [["--user", "me"], "--user cannot be used with --postgres"],
  [
    ["--mail-root", "."],
    "--mail-root is for mail on disk: with --postgres, it needs --accounts-query",
  ],
  [["--delete", "trash"], "--delete trash is for mail on disk, not in --postgres"],
  [["--accounts-query", QUERY, "--mail-path", "%u"], "--mail-path cannot be used with --postgres"],
  [["--accounts-query", "select 1"], "--accounts-query: it must look for the name $1"],
];

for (const [args, line] of combinations) {
  Deno.test(`options that cannot be used together: ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await run(URL_OF_NOBODY, args);
    assertEquals([code, stdout, stderr], [2, "", `pop3svc: ${line}\n`]);
  });
}

Deno.test("wrong commands are one line, which repeats no URL", async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--accounts-query", QUERY], "--accounts-query needs --postgres, the database that it asks"],
    [
      ["--postgres", "S3CRET"],
      "the URL of the database: it must begin with postgres://: give postgres://user:password@host:5432/database",
    ],
    [[URL_OF_NOBODY], "MAILBOX is no URL: give that of a database by --postgres"],
    [[`--postgre=${URL_OF_NOBODY}`], "unknown option --postgre; see pop3svc --help"],
    [["postgres"], "give pop3svc postgres migrate, add-user NAME or import USER MAILBOX"],
    [["postgres", "add-user"], "give pop3svc postgres add-user NAME"],
    [["postgres", "import", "me"], "give pop3svc postgres import USER MAILBOX"],
    [
      ["postgres", "import", "me", "maildir:mail", "--format", "mbox"],
      "--format mbox and maildir:mail: give the format once",
    ],
    [["postgres", "migrate", "me"], "give pop3svc postgres migrate"],
  ];
  for (const [args, line] of cases) {
    const { code, stdout, stderr } = await run("", args);
    assertEquals([code, stdout, stderr], [2, "", `pop3svc: ${line}\n`]);
  }
  const { stdout } = await runProgram(["--help"]);
  for (const text of ["postgres migrate", "deliver USER", "--server-role NAME", "--hash HASH"]) {
    assertStringIncludes(stdout, text);
  }
});
