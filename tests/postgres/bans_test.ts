/** Bans that processes share. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { addAccount, PostgresBanEngine } from "../../lib/postgres/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import { filled, inTime, Machine } from "./machine.ts";
import { ServerProcess } from "./server_process.ts";
import { testEachWay } from "./test_pgbouncer.ts";
import { freePort } from "./test_postgres.ts";

/** A login from an address. @returns the reply */
async function logInFrom(
  address: string,
  { port }: ServerProcess,
  username: string,
  password = "passw0rd",
): Promise<string> {
  using client = await LoopbackClient.connect(port);
  await client.send(`PROXY TCP4 ${address} 192.0.2.1 50000 110\r\n`);
  return await inTime(client.logIn(password, username)) ?? "closed";
}

testEachWay(
  "an address that one process bans is banned on all; a ban that is lifted, too",
  async (database) => {
    await using mail = await filled(database);
    // Nothing is polled: each engine looks when the test says so.
    const clock = new ManualClock();
    using one = new PostgresBanEngine(mail.opened, { strikes: 2, clock });
    using two = new PostgresBanEngine(mail.opened, { strikes: 2, clock });
    await one.registerFailedAttempt("192.0.2.7", "a");
    await two.registerFailedAttempt("192.0.2.7", "b");
    await two.refresh();
    assertEquals([one.isBanned("192.0.2.7"), two.isBanned("192.0.2.7")], [false, true]);
    await one.refresh();
    await one.refresh();
    assertEquals(one.standingOf("192.0.2.7").strikesLeft, [{ network: "192.0.2.7", strikes: 0 }]);
    using late = new PostgresBanEngine(mail.opened, { strikes: 2, clock });
    await late.refresh();
    assertEquals(late.isBanned("192.0.2.7"), true);
    assertEquals(await one.lift("192.0.2.7"), true);
    await two.refresh();
    assertEquals(two.isBanned("192.0.2.7"), false);
  },
);

testEachWay(
  "an address that one process bans is banned on another within seconds; others are not",
  async (database) => {
    await using mail = await filled(database);
    const users = Array.from({ length: 10 }, (_, number) => `user${number}`);
    for (const user of users) await addAccount(mail.owner, user, "{PLAIN}passw0rd");
    const options = { url: mail.serverUrl, isProxied: true };
    await using one = await ServerProcess.start(options);
    await using two = await ServerProcess.start(options);
    for (let attempt = 0; attempt < 3; attempt++) {
      assertMatch(await logInFrom("192.0.2.7", one, "me", `wrong${attempt}`), /^-ERR/);
    }
    // Each time somebody else: a user who was let in before may go on trying.
    let reply = "+OK";
    for (let at = 0; reply.startsWith("+OK"); at++) {
      const user = users[at];
      assert(user !== undefined, "it is not banned after many seconds");
      await mail.sql("select pg_sleep(0.7)");
      reply = await logInFrom("192.0.2.7", two, user);
    }
    assertMatch(reply, /^-ERR/);
    assertMatch(await logInFrom("198.51.100.7", two, "me"), /^\+OK/);
  },
);

testEachWay(
  "a database that is away lets nobody in, and bans nobody",
  async (database) => {
    await using mail = await filled(database);
    await using server = await ServerProcess.start({ url: mail.serverUrl, isProxied: true });
    assertMatch(await logInFrom("192.0.2.7", server, "me"), /^\+OK/);
    await database.server.stop("immediate");
    try {
      for (const password of ["passw0rd", "wrong", "passw0rd", "wrong", "wrong"]) {
        const reply = await logInFrom("192.0.2.9", server, "me", password);
        assertStringIncludes(reply, "-ERR [SYS/TEMP]");
      }
    } finally {
      await database.server.start();
    }
    let reply = "";
    for (let tries = 0; tries < 100 && !reply.startsWith("+OK"); tries++) {
      if (tries > 0) await mail.sql("select pg_sleep(0.1)");
      reply = await logInFrom("192.0.2.9", server, "me");
      assertMatch(reply, /^(\+OK|-ERR \[SYS\/TEMP\])/);
    }
    assertMatch(reply, /^\+OK/);
    assertEquals(await mail.sql("select count(*) from pop3svc.strike"), ["0"]);
  },
);

testEachWay(
  "strikes that others count while the database is away for one process are known when it is back",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    await using away = new Machine(database.url("server", proxy.port));
    const clock = new ManualClock();
    using one = new PostgresBanEngine(mail.opened, { strikes: 2, clock });
    using early = new PostgresBanEngine(away.database, { strikes: 2, clock });
    using late = new PostgresBanEngine(away.database, { strikes: 2, clock });
    await early.refresh();
    proxy.upstream = freePort();
    proxy.cutAll();
    for (const engine of [early, late]) await assertRejects(() => engine.refresh());
    await one.registerFailedAttempt("192.0.2.7", "a");
    await one.registerFailedAttempt("192.0.2.7", "b");
    // The outage takes a minute.
    await mail.sql("update pop3svc.strike set at = at - interval '40 seconds'");
    proxy.upstream = database.port;
    await inTime(away.until((event) => event.type === "store" && event.isReachable));
    clock.advance(60_000);
    for (const engine of [early, late]) {
      await engine.refresh();
      assertEquals(engine.isBanned("192.0.2.7"), true);
    }
  },
);
