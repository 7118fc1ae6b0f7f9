/** Processes that share a database: one that sleeps, and everything behind PgBouncer. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deliver, PostgresDatabase } from "../../lib/postgres/mod.ts";
import { count, filled, untilLapsed } from "./machine.ts";
import { ServerProcess } from "./server_process.ts";
import { testEachWay } from "./test_pgbouncer.ts";

testEachWay(
  "a server that slept for longer than its lease deletes nothing; the other has the mailbox",
  async (database) => {
    await using mail = await filled(database);
    // These two could read the variables.
    await using first = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 1 }, ["-A"]);
    await using second = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 1 }, ["-A"]);
    using sleeper = await first.logIn();
    await sleeper.command("DELE 1");
    first.kill("SIGSTOP");
    await untilLapsed(mail);
    using other = await second.logIn();
    first.kill("SIGCONT");
    assertStringIncludes(await sleeper.command("QUIT") ?? "", "-ERR [SYS/TEMP]");
    assertEquals(await count(mail), 4);
    assertMatch(await other.command("STAT") ?? "", /^\+OK 4 /);
  },
);

testEachWay("processes share a mailbox: RETR, STAT, deletion, delivery", async (database) => {
  await using mail = await filled(database);
  await deliver(mail.owner, "me", "x".repeat(70).concat("\r\n").repeat(5_000));
  await using first = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 1 });
  await using second = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 1 });
  for (const server of [first, second, first]) {
    using client = await server.logIn();
    await client.send("RETR 5\r\n");
    assertEquals((await client.readLines()).length, 5_001);
    assertMatch(await client.command("STAT") ?? "", /^\+OK 5 /);
    assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
  }
  using client = await first.logIn();
  await client.command("DELE 1");
  assertMatch(await client.command("QUIT") ?? "", /^\+OK/);
  assertEquals(await count(mail), 4);
  // A delivery is a transaction of several statements.
  await using delivery = new PostgresDatabase(database.url("delivery"));
  await deliver(delivery, "me", "Subject: later\n");
  assertEquals(await count(mail), 5);
});
