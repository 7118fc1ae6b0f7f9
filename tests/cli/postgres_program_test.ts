/** The program with accounts and mail in PostgreSQL: it serves, says how the database is, and starts without it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { EXECUTABLE_PERMISSIONS, flagsOf, permissionsFor } from "../../lib/cli/permissions.ts";
import { deliver } from "../../lib/postgres/mod.ts";
import { tableOf } from "../documented_shape.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { MailDatabase } from "../postgres/mail_database.ts";
import { newDatabase, testWithPostgres } from "../postgres/test_postgres.ts";
import { parsePrometheus } from "../prometheus_parser.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Variables that npm:pg obeys by itself, and that must change nothing. */
const HOSTILE = {
  PGHOST: "192.0.2.1",
  PGPORT: "1",
  PGUSER: "nobody",
  PGPASSWORD: "wrong",
  PGDATABASE: "nothing",
  PGOPTIONS: "-c search_path=nowhere",
  PGSSLMODE: "require",
  PGREPLICATION: "database",
};

function adminOf(program: RunningProgram): string {
  return /http:\/\/([\d.:]+)/.exec(program.readyLines.join("\n"))?.[1] ?? "";
}

async function healthOf(program: RunningProgram): Promise<[number, string]> {
  const response = await fetch(`http://${adminOf(program)}/healthz`);
  return [response.status, await response.text()];
}

/** Asks until the answer is right, for half a minute at most. The program has its own clock. */
async function until(isRight: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 30_000;
  while (!await isRight()) {
    if (performance.now() > limit) throw new Error("it has not happened for half a minute");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function loginReply(program: RunningProgram): Promise<string | null> {
  using client = await LoopbackClient.connect(program.port);
  return await client.logIn();
}

const permissionSets = {
  "the fewest that are needed": async (...args: readonly string[]) => {
    const wish = await readCommandLine(["--port", "0", ...args]);
    return ["--no-prompt", ...flagsOf(permissionsFor(wish)), "--allow-env=POP3SVC_POSTGRES"];
  },
  "those of the executable": () => Promise.resolve(EXECUTABLE_PERMISSIONS),
} as const;

for (const [which, permissionsOf] of Object.entries(permissionSets)) {
  testWithPostgres(
    `mail in PostgreSQL is served with ${which}, and PG* variables change nothing`,
    async (database) => {
      await using mail = await MailDatabase.create(database);
      await deliver(mail.delivery, "me", "Subject: Hello\n\nWorld\n");
      const permissions = await permissionsOf("--postgres", mail.serverUrl);
      const env = { ...HOSTILE, POP3SVC_POSTGRES: mail.serverUrl };
      await using program = await RunningProgram.start(["--lock"], env, permissions);
      assertMatch(
        program.readyLines.at(-1) ?? "",
        /^ready: serving accounts and mail in test\d+ at 127\.0\.0\.1;/,
      );
      using client = await LoopbackClient.connect(program.port);
      assertMatch(await client.logIn() ?? "", /^\+OK/);
      assertMatch(await loginReply(program) ?? "", /^-ERR \[IN-USE\]/);
      assertMatch(await client.command("RETR 1") ?? "", /^\+OK/);
      assertEquals((await client.readLines())[0], "Subject: Hello");
      assertMatch(await client.command("DELE 1") ?? "", /^\+OK/);
      assertMatch(await client.command("QUIT") ?? "", /^\+OK 1 message deleted/);
      const { stderr } = await program.end("SIGTERM");
      assertEquals(/NotCapable|Requires|passw0rd/.test(stderr), false, stderr);
      assertEquals(await mail.sql("select count(*) from pop3svc.message"), ["0"]);
    },
  );
}

testWithPostgres(
  "accounts from SQL have their mail on disk, below --mail-root too; names get the default domain",
  async (database) => {
    await using folder = await TemporaryFolder.create();
    for (const name of ["new", "cur", "tmp"]) {
      await Deno.mkdir(join(folder.path, "mail/ann", name), { recursive: true });
    }
    await Deno.writeTextFile(join(folder.path, "mail/ann/new/1.a"), "Subject: a\n\n");
    await database.sql(`create table mailbox (username text, password text, maildir text);
    insert into mailbox values ('ann@example.org', '{PLAIN}passw0rd', 'ann/');
    grant select on mailbox to server`);
    const options = [
      ...[
        "--accounts-query",
        "select password, 'maildir:' || maildir as mailbox from mailbox where username = $1",
      ],
      ...["--mail-root", join(folder.path, "mail"), "--default-domain", "example.org"],
      ...["--state-dir", join(folder.path, "state")],
    ];
    const env = { POP3SVC_POSTGRES: database.url("server") };
    await using program = await RunningProgram.start(options, env, EXECUTABLE_PERMISSIONS);
    using client = await LoopbackClient.connect(program.port);
    await client.readLine();
    await client.command("USER Ann");
    assertMatch(await client.command("PASS passw0rd") ?? "", /^\+OK/);
    assertMatch(await client.command("DELE 1") ?? "", /^\+OK/);
    assertMatch(await client.command("QUIT") ?? "", /^\+OK 1 message deleted/);
    assertEquals(folder.names("mail/ann/new").concat(folder.names("mail/ann/cur")), []);
  },
);

testWithPostgres(
  "the start without a database: [SYS/TEMP] and 503 until it is there, without an order",
  async () => {
    await using mail = await MailDatabase.create(await newDatabase());
    const { server } = mail.database;
    await server.stop("fast");
    try {
      await using program = await RunningProgram.start(["--admin", "0"], {
        POP3SVC_POSTGRES: mail.serverUrl,
      });
      assertMatch(
        program.readyLines.at(-1) ?? "",
        /at 127\.0\.0\.1, WHICH IS AWAY: connect ECONNREFUSED/,
      );
      assertMatch(await loginReply(program) ?? "", /^-ERR \[SYS\/TEMP\]/);
      assertEquals(await healthOf(program), [503, "the database does not answer\n"]);
      const asked = await runProgram(["status", "--admin", adminOf(program)]);
      assertMatch(asked.stdout, /^database: AWAY; 0 connections, /m);
      await server.start();
      await until(async () => (await healthOf(program))[0] === 200);
      assertMatch(await loginReply(program) ?? "", /^\+OK/);
      const { stderr } = await program.end("SIGTERM");
      assertMatch(stderr, /error store reachable=no .*\n(.*\n)*.* info store reachable=yes/);
    } finally {
      await server.start().catch(() => {});
    }
  },
);

testWithPostgres(
  "tables of another version, seen after a start without a database: [SYS/TEMP] and 503 until they are right",
  async () => {
    await using mail = await MailDatabase.create(await newDatabase());
    await mail.sql("insert into pop3svc.version values (1000)");
    const { server } = mail.database;
    await server.stop("fast");
    try {
      await using program = await RunningProgram.start(["--admin", "0"], {
        POP3SVC_POSTGRES: mail.serverUrl,
      });
      await server.start();
      await until(async () => (await healthOf(program))[1].includes("not as the server needs it"));
      assertEquals((await healthOf(program))[0], 503);
      assertMatch(await loginReply(program) ?? "", /^-ERR \[SYS\/TEMP\]/);
      await mail.sql("delete from pop3svc.version where number = 1000");
      assertEquals(await healthOf(program), [200, "ok\n"]);
      assertMatch(await loginReply(program) ?? "", /^\+OK/);
      const { stderr } = await program.end("SIGTERM");
      assertMatch(stderr, / error .*the tables have version 1000, and this package needs 1/);
    } finally {
      await server.start().catch(() => {});
    }
  },
);

testWithPostgres(
  "a database that hangs is 503 for a load balancer, and serves again when it goes on",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await using program = await RunningProgram.start(["--admin", "0"], {
      POP3SVC_POSTGRES: mail.serverUrl,
    });
    assertEquals(await healthOf(program), [200, "ok\n"]);
    // All of its processes, so that a new connection is accepted by the system alone.
    const pids = new TextDecoder().decode(
      (await new Deno.Command("ps", { args: ["-eo", "pid=,args="] }).output()).stdout,
    ).split("\n").filter((line) =>
      line.includes(`-D ${mail.database.server.folder}/data`) ||
      line.includes(` ${mail.database.name} `)
    )
      .map((line) => Number(line.trim().split(" ")[0]));
    for (const pid of pids) Deno.kill(pid, "SIGSTOP");
    try {
      assertEquals(await healthOf(program), [503, "the database does not answer\n"]);
    } finally {
      for (const pid of pids) Deno.kill(pid, "SIGCONT");
    }
    await until(async () => (await healthOf(program))[0] === 200);
  },
);

testWithPostgres(
  "the metrics of the database are those that the page describes, and status --json has them",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await using program = await RunningProgram.start(["--admin", "0"], {
      POP3SVC_POSTGRES: mail.serverUrl,
    });
    assertMatch(await loginReply(program) ?? "", /^\+OK/);
    const metrics = parsePrometheus(
      await (await fetch(`http://${adminOf(program)}/metrics`)).text(),
    );
    const described = await tableOf(
      "docs/operations/monitoring.md",
      "metric of the database",
      "type",
      "labels",
      "meaning",
    );
    assertEquals(
      [...metrics].filter(([name]) => /database|leases/.test(name))
        .map(([name, { type, labels }]) => [name, type, [...labels].join(", ")]).sort(),
      described.map((row) => row.slice(0, 3)).sort(),
    );
    const { stdout } = await runProgram(["status", "--json", "--admin", adminOf(program)]);
    const told = JSON.parse(stdout).database;
    assertEquals([told.isReachable, told.waiting], [true, 0]);
    assertEquals(told.counts.answered.account >= 2, true, stdout);
  },
);

testWithPostgres(
  "a start that waiting cannot help ends with one line, without the password",
  async (database) => {
    const own = await newDatabase();
    const cases: readonly (readonly [string, RegExp])[] = [
      [database.url("server"), /no tables of pop3svc yet/],
      [own.url("server").replace("passw0rd", "S3CRET"), /password authentication failed/],
      [own.url("server").replace(own.name, "nothing"), /database "nothing" does not exist/],
    ];
    for (const [url, reason] of cases) {
      const { code, stdout, stderr } = await runProgram(["--port", "0"], {
        env: { POP3SVC_POSTGRES: url },
      });
      assertEquals(code, 1, stderr);
      const line = stderr.trimEnd().split("\n").at(-1) ?? "";
      assertMatch(line, /^pop3svc: --postgres, /);
      assertMatch(line, reason);
      assertEquals(/passw0rd|S3CRET/.test(stdout + stderr), false, stderr);
    }
  },
);

testWithPostgres("bans are shared by the servers of one database", async (database) => {
  await using mail = await MailDatabase.create(database);
  const env = { POP3SVC_POSTGRES: mail.serverUrl };
  // This machine is exempt, and so is never banned: the address is that of a proxy's client.
  const options = ["--ban-after", "1", "--proxy-protocol", "127.0.0.1", "--allow-insecure-login"];
  await using one = await RunningProgram.start(options, env);
  await using two = await RunningProgram.start([...options, "--admin", "0"], env);
  using client = await LoopbackClient.connect(one.port);
  await client.send("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n");
  await client.logIn("wrong");
  await until(async () => {
    const { bans } = await (await fetch(`http://${adminOf(two)}/status`)).json();
    return bans.length > 0;
  });
  using other = await LoopbackClient.connect(two.port);
  await other.send("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n");
  assertMatch(await other.logIn() ?? "", /^-ERR/);
});

testWithPostgres(
  "a URL on the command line is a warning that does not repeat it",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await using program = await RunningProgram.start(["--postgres", mail.serverUrl]);
    const { stderr } = await program.end("SIGTERM");
    assertStringIncludes(stderr, "can read the password of --postgres in the list of processes");
    assertEquals(stderr.includes("passw0rd"), false);
  },
);
