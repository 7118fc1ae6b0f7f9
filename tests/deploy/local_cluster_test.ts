/** The parts of the cluster together: HAProxy, three pop3svc, PostgreSQL, PgBouncer; each of them fails once. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { LoopbackClient } from "../loopback_client.ts";
import { LocalCluster, type Part, SERVERS, testWithCluster } from "./local_cluster.ts";

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
      // Before a check has noticed it, and more often than there are servers.
      for (let count = 0; count < 4; count++) assertEquals(await messages(cluster), "1", server);
      await cluster.start(server);
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

testWithCluster(
  "a cluster that is stopped leaves no process, and starts again with its mail",
  [],
  async () => {
    await using cluster = await filled();
    const parts: readonly Part[] = [...SERVERS, "postgres", "haproxy"];
    const pids = await Promise.all(parts.map((part) => cluster.pidOf(part)));
    await cluster.stopAll();
    for (const pid of pids) {
      // One that nobody has waited for has no command any more.
      assertEquals(await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => ""), "");
    }
    await cluster.startAll();
    assertEquals(await messages(cluster), "2");
  },
);
