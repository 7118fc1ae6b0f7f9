/** Processes that share a database: killed in the middle of QUIT, stopped for longer than a lease, behind PgBouncer. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { deliver } from "../../lib/postgres/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import { MailDatabase } from "./mail_database.ts";
import { TestPgBouncer, testWithPgBouncer } from "./test_pgbouncer.ts";
import { testWithPostgres } from "./test_postgres.ts";

class ServerProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts it with the permissions of the executable, and with variables that it must not obey. */
  static async start(
    url: string,
    leaseTime = 30,
    permissions: readonly string[] = EXECUTABLE_PERMISSIONS,
  ): Promise<ServerProcess> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        ...permissions,
        new URL("server_process.ts", import.meta.url).pathname,
        ...[url, `${leaseTime}`],
      ],
      env: {
        NO_COLOR: "1",
        PGHOST: "192.0.2.1",
        PGPORT: "1",
        PGUSER: "nobody",
        PGPASSWORD: "wrong",
        PGDATABASE: "nothing",
        PGOPTIONS: "-c search_path=nowhere",
        PGREPLICATION: "database",
        PGSSLMODE: "require",
      },
      stdout: "piped",
    }).spawn();
    let said = "";
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!said.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the server has not started");
      said += value;
    }
    await reader.cancel();
    return new ServerProcess(process, Number(said));
  }

  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(signal);
  }

  async logIn(): Promise<LoopbackClient> {
    const client = await LoopbackClient.connect(this.port);
    const reply = await client.logIn();
    if (reply?.startsWith("+OK") === true) return client;
    client.close();
    throw new Error(reply ?? "closed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // A test has killed it.
    }
    await this.#process.status;
  }
}

async function filled(database: Parameters<typeof MailDatabase.create>[0]): Promise<MailDatabase> {
  const mail = await MailDatabase.create(database);
  for (const subject of ["a", "b", "c"]) await deliver(mail.owner, "me", `Subject: ${subject}\n`);
  return mail;
}

const count = async (mail: MailDatabase) =>
  (await mail.sql("select count(*) from pop3svc.message"))[0];

testWithPostgres(
  "a server that is killed in the middle of QUIT: all or nothing, and another takes over",
  async (database) => {
    for (const verdict of ["cut-answer", "cut-query"] as const) {
      await using mail = await filled(database);
      await mail.sql("delete from pop3svc.lease");
      const before = await count(mail);
      using proxy = new CuttingProxy(database.server.port);
      await using first = await ServerProcess.start(database.url("server", proxy.port), 2);
      using client = await first.logIn();
      assertMatch(await client.command("DELE 1") ?? "", /^\+OK/);
      assertMatch(await client.command("DELE 2") ?? "", /^\+OK/);
      const quitting = Promise.withResolvers<void>();
      proxy.onQuery((text) => {
        if (!text.includes("delete_messages")) return "pass";
        first.kill("SIGKILL");
        quitting.resolve();
        return verdict;
      });
      await client.send("QUIT\r\n");
      await quitting.promise;
      assertEquals(await client.readLine(), null);
      await using second = await ServerProcess.start(database.url("server"), 2);
      // The lease of the dead one lapses by the database's clock.
      await mail.sql(
        "select pg_sleep(extract(epoch from max(expires_at) - clock_timestamp())) from pop3svc.lease",
      );
      using again = await second.logIn();
      const left = Number(before) - (verdict === "cut-query" ? 0 : 2);
      assertMatch(await again.command("STAT") ?? "", new RegExp(`^\\+OK ${left} `));
      await mail.sql("delete from pop3svc.account; delete from pop3svc.mailbox");
    }
  },
);

testWithPostgres(
  "a server that slept for longer than its lease deletes nothing; the other has the mailbox",
  async (database) => {
    await using mail = await filled(database);
    // These two could read the variables.
    await using first = await ServerProcess.start(database.url("server"), 1, ["-A"]);
    await using second = await ServerProcess.start(database.url("server"), 1, ["-A"]);
    using sleeper = await first.logIn();
    await sleeper.command("DELE 1");
    first.kill("SIGSTOP");
    await mail.sql(
      "select pg_sleep(extract(epoch from max(expires_at) - clock_timestamp())) from pop3svc.lease",
    );
    using other = await second.logIn();
    first.kill("SIGCONT");
    assertStringIncludes(await sleeper.command("QUIT") ?? "", "-ERR [SYS/TEMP]");
    assertEquals(await count(mail), "3");
    assertMatch(await other.command("STAT") ?? "", /^\+OK 3 /);
  },
);

testWithPgBouncer("everything works behind PgBouncer in transaction mode", async (database) => {
  await using mail = await filled(database);
  await deliver(mail.owner, "me", "x".repeat(70).concat("\r\n").repeat(5_000));
  await using bouncer = await TestPgBouncer.start(database);
  await using first = await ServerProcess.start(database.url("server", bouncer.port), 1);
  await using second = await ServerProcess.start(database.url("server", bouncer.port), 1);
  for (const server of [first, second, first]) {
    using client = await server.logIn();
    await client.send("RETR 4\r\n");
    assertEquals((await client.readLines()).length, 5_001);
    assertMatch(await client.command("STAT") ?? "", /^\+OK 4 /);
    assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
  }
  using client = await first.logIn();
  await client.command("DELE 1");
  assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
  assertEquals(await count(mail), "3");
  // It delivers, too, in a transaction of several statements.
  const { PostgresDatabase } = await import("../../lib/postgres/mod.ts");
  await using delivery = new PostgresDatabase(database.url("delivery", bouncer.port));
  await deliver(delivery, "me", "Subject: later\n");
  assertEquals(await count(mail), "4");
});
