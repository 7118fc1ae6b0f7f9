/** PostgreSQL is away, silent, or another one. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Pop3Event } from "../../lib/events/events.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import { PostgresDatabase, PostgresProvider } from "../../lib/postgres/mod.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import {
  count,
  filled,
  info,
  inTime,
  Machine,
  slowDeletions,
  untilSql,
  WAITING_DELETIONS,
} from "./machine.ts";
import { ServerProcess } from "./server_process.ts";
import { movable, testEachWay } from "./test_pgbouncer.ts";

testEachWay(
  "a failover: connections are reset, and the next login is as always",
  async (database) => {
    await using _mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    await using process = new Machine(database.url("server", proxy.port));
    const { mailbox, uniqueIds: [uniqueId = ""] } = await process.logIn();
    proxy.cutAll();
    // The next one may still meet a connection that has not noticed.
    await mailbox.messageSize(info, uniqueId);
    await Promise.allSettled([mailbox.messageExists(info, uniqueId)]);
    assertEquals((await process.logIn()).uniqueIds.length, 4);
  },
);

testEachWay(
  "the server crashes: SYS/TEMP at once for everybody, and all is well when it is back",
  async (database, isBounced) => {
    await using mail = await filled(database);
    // The clock stands still: nobody waits for a time limit. PgBouncer goes on taking connections, and ends them itself.
    const clock = new ManualClock();
    await using machine = new Machine(mail.serverUrl, {}, isBounced ? {} : { clock });
    const { mailbox, uniqueIds } = await machine.logIn();
    await using pop3 = new Pop3Listener({ provider: machine.provider, onEvent: () => {} });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    await database.server.stop("immediate");
    try {
      const logins = Array.from({ length: 50 }, async () => {
        using client = await LoopbackClient.connect(port);
        return await client.logIn() ?? "closed";
      });
      const contents = assertRejects(
        async () => await mailbox.messageContents(info, uniqueIds[0] ?? ""),
      );
      for (const reply of await inTime(Promise.all(logins), 60_000)) {
        assertStringIncludes(reply, "-ERR [SYS/TEMP]");
      }
      await contents;
      assert(await machine.database.health() !== null);
      if (!isBounced) {
        const error = await assertRejects(() => machine.logIn(), Pop3ResponseError);
        assertEquals(error.code, "SYS/TEMP");
        assertEquals(machine.database.status().isReachable, false);
      }
    } finally {
      await database.server.start();
    }
    clock.advance(1_000);
    if (!isBounced) {
      await inTime(machine.until((event) => event.type === "store" && event.isReachable));
    }
    await machine.untilHealthy();
    assertEquals((await machine.logIn()).uniqueIds, uniqueIds);
    const changes = machine.events.flatMap((event) =>
      event.type === "store" ? [event.isReachable] : []
    );
    if (!isBounced) assertEquals(changes, [false, true]);
  },
);

testEachWay(
  "a client hears SYS/TEMP while the database is away, and its session goes on",
  async (database) => {
    await using mail = await filled(database);
    await using machine = new Machine(mail.serverUrl);
    await using pop3 = new Pop3Listener({ provider: machine.provider, onEvent: () => {} });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using client = await LoopbackClient.connect(port);
    await client.logIn();
    await client.command("DELE 1");
    await database.server.stop("immediate");
    try {
      assertStringIncludes(await client.command("RETR 2") ?? "", "-ERR [SYS/TEMP]");
      using late = await LoopbackClient.connect(port);
      assertStringIncludes(await late.logIn() ?? "", "-ERR [SYS/TEMP]");
    } finally {
      await database.server.start();
    }
    await machine.untilHealthy();
    assertStringIncludes(await client.command("RETR 2") ?? "", "+OK");
    await client.readLines();
    assertStringIncludes(await client.command("QUIT") ?? "", "+OK");
    assertEquals(await count(mail), 3);
  },
);

Deno.test("while the database is away, one connection at a time is tried, however many log in", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let tries = 0;
  let tried = Promise.withResolvers<void>();
  const accepting = (async () => {
    for await (const connection of listener) {
      connection.close();
      tries++;
      tried.resolve();
    }
  })();
  const clock = new ManualClock();
  const events: Pop3Event[] = [];
  await using database = new PostgresDatabase(
    `postgres://a:b@127.0.0.1:${listener.addr.port}/c`,
    { clock, onEvent: (event) => events.push(event) },
  );
  await using provider = new PostgresProvider(database);
  for (let login = 0; login < 5; login++) {
    const error = await assertRejects(
      () => provider.authenticate(info, "me", "x"),
      Pop3ResponseError,
    );
    assertEquals(error.code, "SYS/TEMP");
  }
  assertEquals(tries, 1);
  tried = Promise.withResolvers();
  clock.advance(1_000);
  await tried.promise;
  await assertRejects(() => provider.authenticate(info, "me", "x"), Pop3ResponseError);
  assertEquals(tries, 2);
  assertEquals(events.filter(({ type }) => type === "store").length, 1);
  listener.close();
  await accepting.catch(() => {});
});

testEachWay(
  "PostgreSQL stops in the middle of QUIT and starts again: SYS/TEMP, nothing is deleted, the process goes on",
  async (database) => {
    await using mail = await filled(database);
    await using server = await ServerProcess.start({ url: mail.serverUrl });
    await using _lock = await slowDeletions(mail);
    using reading = await server.logIn();
    using quitting = await server.logIn();
    await quitting.command("DELE 1");
    await quitting.send("QUIT\r\n");
    await untilSql(mail, WAITING_DELETIONS, "1");
    await database.server.stop("fast");
    try {
      assertStringIncludes(await inTime(reading.command("RETR 2")) ?? "", "-ERR [SYS/TEMP]");
      for (let login = 0; login < 20; login++) {
        await inTime(assertRejects(() => server.logIn(), Error, "-ERR [SYS/TEMP]"));
      }
    } finally {
      await database.server.start();
    }
    assertStringIncludes(
      await inTime(quitting.readLine()) ?? "",
      "-ERR [SYS/TEMP] Nothing was deleted",
    );
    using again = await server.untilLoggedIn();
    assertMatch(await again.command("STAT") ?? "", /^\+OK 4 /);
    // The session that was there before goes on, too.
    assertMatch(await reading.command("RETR 2") ?? "", /^\+OK/);
    assertEquals(await count(mail), 4);
  },
);

testEachWay(
  "PostgreSQL is silent: what waits is bounded, clients hear SYS/TEMP, and all is well when it is back",
  async (database, isBounced) => {
    await using mail = await filled(database);
    await using machine = new Machine(mail.serverUrl, {}, {
      connections: 2,
      waiting: 5,
      waitTimeout: 0.2,
      connectTimeout: 0.5,
      queryTimeout: 0.5,
    });
    await using pop3 = new Pop3Listener({ provider: machine.provider, onEvent: () => {} });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    await machine.logIn();
    await database.server.signal("SIGSTOP");
    try {
      for (let round = 0; round < 3; round++) {
        const logins = Promise.allSettled(Array.from({ length: 20 }, () => machine.logIn()));
        using client = await LoopbackClient.connect(port);
        const reply = client.logIn();
        const all = await inTime(logins);
        assertEquals(all.filter(({ status }) => status === "fulfilled"), []);
        assertStringIncludes(await inTime(reply) ?? "", "-ERR [SYS/TEMP]");
      }
      if (!isBounced) {
        await inTime(machine.until((event) => event.type === "store" && !event.isReachable));
      }
      assert(await machine.database.health() !== null);
    } finally {
      await database.server.signal("SIGCONT");
    }
    const queries = machine.events.filter((event) => event.type === "store-query");
    assertEquals(queries.filter(({ open, waiting }) => open > 2 || waiting > 5), []);
    assert(queries.some(({ waiting }) => waiting === 5));
    await machine.untilHealthy();
    assertEquals((await machine.logIn()).uniqueIds.length, 4);
  },
);

testEachWay(
  "a failover to a standby: what has been deleted stays deleted, and what runs hears the truth",
  async (database, isBounced) => {
    await using _mail = await filled(database);
    await using standby = await database.server.standby();
    using proxy = new CuttingProxy(database.server.port);
    // PgBouncer, where there is one, is in front of the address that moves.
    await using way = await movable(database, isBounced, proxy.port);
    await using server = await ServerProcess.start({ url: way.url, leaseTime: 2 });
    using deleting = await server.logIn();
    await deleting.command("DELE 1");
    assertMatch(await deleting.command("QUIT") ?? "", /^\+OK/);
    using client = await server.logIn();
    await client.command("DELE 1");
    await database.server.stop("immediate");
    await using _after = { [Symbol.asyncDispose]: () => database.server.start() };
    proxy.upstream = standby.port;
    proxy.cutAll();
    await client.send("QUIT\r\n");
    await standby.promote();
    const said = await inTime(client.readLine()) ?? "";
    const left = Number(
      (await standby.sql(database.name, "select count(*) from pop3svc.message"))[0],
    );
    assertMatch(said, left === 2 ? /^\+OK/ : /^-ERR \[SYS\/TEMP\]/);
    assert(left === 2 || left === 3);
    // A lease that could not be given back lapses.
    using again = await server.untilLoggedIn();
    assertMatch(await again.command("STAT") ?? "", new RegExp(`^\\+OK ${left} `));
  },
);
