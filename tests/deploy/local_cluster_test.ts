/** The parts of the cluster together: HAProxy, three pop3svc, PostgreSQL, PgBouncer; each of them fails once. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { LoopbackClient } from "../loopback_client.ts";
import { consoleOf } from "./page_commands.ts";
import { LocalCluster, SERVERS, testWithCluster } from "./local_cluster.ts";

/** With the user `me` and two messages. */
async function filled(...options: readonly string[]): Promise<LocalCluster> {
  const cluster = await LocalCluster.start(...options);
  await cluster.command("owner", ["postgres", "add-user", "me"], "passw0rd\n");
  for (const subject of ["a", "b"]) {
    await cluster.command("delivery", ["deliver", "me"], `Subject: ${subject}\n\nHello\n`);
  }
  return cluster;
}

async function loggedIn(cluster: LocalCluster): Promise<LoopbackClient> {
  const [client, reply] = await cluster.logIn();
  assertMatch(reply ?? "closed", /^\+OK/);
  return client;
}

/** Whether a process runs; one that nobody has waited for has no command any more. */
async function isAlive(pid: number): Promise<boolean> {
  return await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "") !== "";
}

async function messages(cluster: LocalCluster): Promise<string> {
  using client = await loggedIn(cluster);
  const status = await client.command("STAT");
  assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
  return /^\+OK (\d+) /.exec(status ?? "")?.[1] ?? `${status}`;
}

testWithCluster(
  "a cluster: a message is delivered, read and deleted over TLS; the death of any server costs no login",
  [],
  async () => {
    await using cluster = await filled();
    {
      using client = await loggedIn(cluster);
      await client.send("RETR 1\r\n");
      assertStringIncludes((await client.readLines()).join("\n"), "Subject: a");
      await client.command("DELE 1");
      assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
    }
    assertEquals(await messages(cluster), "1");
    for (const server of SERVERS) {
      Deno.kill(await cluster.pidOf(server), "SIGKILL");
      // The system still accepts connections for it until it has closed its ports.
      await cluster.untilClosed(server);
      // Before a check has noticed it, and more often than there are servers.
      for (let count = 0; count < 4; count++) assertEquals(await messages(cluster), "1", server);
      await cluster.start(server);
      await cluster.until("UP");
    }
    // The address of the client is HAProxy's word.
    for (const server of SERVERS) {
      const log = await cluster.logOf(server);
      assert(!/address=127\.0\.1\./.test(log), log);
    }
  },
);

for (
  const [name, ...options] of [
    ["PostgreSQL"],
    ["PostgreSQL, with PgBouncer between,", "--pgbouncer"],
  ]
) {
  testWithCluster(
    `a cluster: while ${name} is away, each login hears [SYS/TEMP] and nothing is deleted`,
    options.length > 0 ? ["pgbouncer"] : [],
    async () => {
      await using cluster = await filled(...options);
      using open = await loggedIn(cluster);
      assertMatch(await open.command("DELE 1") ?? "", /^\+OK/);
      await cluster.stop("postgres");
      // From the first login on, and when all checks of HAProxy fail.
      const [first, reply] = await cluster.logIn();
      first.close();
      assertMatch(reply ?? "", /^-ERR \[SYS\/TEMP\]/);
      await cluster.until("DOWN");
      const [second, another] = await cluster.logIn();
      second.close();
      assertMatch(another ?? "", /^-ERR \[SYS\/TEMP\]/);
      await open.send("RETR 2\r\n");
      assertMatch(await open.readLine() ?? "", /^-ERR \[SYS\/TEMP\]/);
      await cluster.start("postgres");
      // Each server asks by itself whether it is back.
      await cluster.until("UP");
      assertEquals(await messages(cluster), "2");
      assertMatch(await open.command("QUIT") ?? "", /^\+OK/);
      assertEquals(await messages(cluster), "1");
    },
  );
}

for (const place of ["pg_service.conf", "its container"]) {
  testWithCluster(
    `a cluster that is restored with ${place}: what was deleted is back, and unique ids are not given again`,
    [],
    async () => await restore(place === "its container"),
  );
}

async function restore(isContainer: boolean): Promise<void> {
  await using cluster = await filled();
  const commands = (await consoleOf("docs/cluster.md", "## Backups")).filter((each) =>
    /^(export|umask) /.test(each) || each.includes("docker compose exec") === isContainer
  );
  /** Runs a command of docs/cluster.md, and those before it that only prepare. */
  const command = async (program: string) => {
    const needed = commands.filter((each) =>
      /^(export|umask) /.test(each) || each.includes(`${program} `)
    );
    assert(needed.some((each) => each.includes(program)), program);
    const script = needed.join("").replace("sudo docker compose exec -T postgres ", "")
      .replace("-h /data/data ", `-h "$PWD/postgres/data" -p ${await cluster.postgresPort()} `);
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-euc", script],
      cwd: `${cluster.folder.path}/cluster`,
      env: { HOME: cluster.folder.path },
    }).output();
    assertEquals(code, 0, `${script}: ${new TextDecoder().decode(stderr)}`);
  };
  const uniqueIds = async () => {
    using client = await loggedIn(cluster);
    await client.send("UIDL\r\n");
    return (await client.readLines()).slice(1).map((line) => line.split(" ")[1]);
  };
  await command("pg_dump");
  const [first, second] = await uniqueIds();
  await cluster.command("delivery", ["deliver", "me"], "Subject: lost\n");
  const [, , lost] = await uniqueIds();
  {
    using client = await loggedIn(cluster);
    await client.command("DELE 1");
    assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
  }

  const pids = await Promise.all(SERVERS.map((server) => cluster.pidOf(server)));
  for (const server of SERVERS) await cluster.stop(server);
  for (const pid of pids) assert(!await isAlive(pid));
  await command("pg_restore");
  await cluster.startAll();
  assertEquals(await uniqueIds(), [first, second]);
  await cluster.command("delivery", ["deliver", "me"], "Subject: new\n");
  const [, , added] = await uniqueIds();
  assert(added !== undefined && added !== lost, added);
}
