/** The pool of connections, and slow queries. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PostgresProvider } from "../../lib/postgres/mod.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { ManualClock } from "../manual_clock.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import { filled, info, inTime, Machine } from "./machine.ts";
import { testEachWay } from "./test_pgbouncer.ts";
import { testWithPostgres } from "./test_postgres.ts";

testEachWay(
  "a slow query costs one connection, and ends at its time limit",
  async (database) => {
    await using mail = await filled(database);
    await using opened = mail.connect({ connections: 2, queryTimeout: 0.5 });
    await using slow = new PostgresProvider(opened, {
      query:
        "select password, mailbox from pop3svc.account, pg_sleep(case $1 when 'slow' then 3600 else 0 end) where name = $1 or $1 = 'slow'",
    });
    const late = assertRejects(
      async () => await slow.authenticate(info, "slow", "x"),
      Error,
      "had not answered after 500 ms",
    );
    assertEquals(await slow.authenticate(info, "me", "passw0rd") === null, false);
    await late;
    // The server was told to stop it.
    let left = "1";
    for (let tries = 0; tries < 100 && left !== "0"; tries++) {
      [left = "0"] = await mail.sql(
        "select count(*) from pg_stat_activity where query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()",
      );
    }
    assertEquals(left, "0");
    assertEquals(opened.status().inUse, 0);
  },
);

testEachWay(
  "what waits for a connection is bounded in number and in time",
  async (database) => {
    await using mail = await filled(database);
    await using opened = mail.connect({ connections: 1, waiting: 1, waitTimeout: 0.2 });
    await using provider = new PostgresProvider(opened, {
      query: "select password, mailbox from pop3svc.account, pg_sleep(1) where name = $1",
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3 }, async () => await provider.authenticate(info, "me", "passw0rd")),
    );
    assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
  },
);

testEachWay("an observer that throws does not decide about a query", async (database) => {
  await using mail = await filled(database);
  await using opened = mail.connect({
    onEvent() {
      throw new Error("the observer fails");
    },
  });
  assertEquals(await opened.health(), null);
});

testEachWay(
  "after time-outs of queries and of those that waited, the one connection can still be had",
  async (database) => {
    await using mail = await filled(database);
    await using opened = mail.connect({ connections: 1, waitTimeout: 0.1, queryTimeout: 0.3 });
    await using provider = new PostgresProvider(opened, {
      query:
        "select password, mailbox from pop3svc.account, pg_sleep(case $1 when 'slow' then 9 else 0 end) where name = $1",
    });
    const logIn = async (name: string) => await provider.authenticate(info, name, "passw0rd");
    await Promise.allSettled([logIn("slow"), logIn("me"), logIn("me")]);
    // The one connection can still be had.
    assertEquals(await logIn("me") === null, false);
    assertEquals(opened.status().inUse, 0);
  },
);

testEachWay(
  "a connection that arrives after its waiter has given up goes to the next",
  async (database) => {
    await using _mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    const clock = new ManualClock();
    await using machine = new Machine(database.url("server", proxy.port), {}, {
      connections: 1,
      connectTimeout: 10,
      clock,
    });
    const never = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    proxy.onQuery((text) => {
      if (!text.includes("from (select password")) return "pass";
      asked.resolve();
      return never.promise;
    });
    const first = assertRejects(() => machine.logIn());
    await inTime(asked.promise);
    const second = assertRejects(() => machine.logIn(), Pop3ResponseError, "busy");
    // The first connection breaks. The one that is opened for the second login comes too late.
    const late = Promise.withResolvers<void>();
    const opening = Promise.withResolvers<void>();
    proxy.onQuery((text) => {
      if (!text.includes("user\0server")) return "pass";
      opening.resolve();
      return late.promise;
    });
    proxy.cutAll();
    await inTime(first);
    await inTime(opening.promise);
    clock.advance(5_000);
    await inTime(second);
    const third = machine.logIn();
    late.resolve();
    assertEquals((await inTime(third)).uniqueIds.length, 4);
    assertEquals(machine.database.status(), { isReachable: true, open: 1, inUse: 0, waiting: 0 });
    never.resolve();
  },
);

testWithPostgres(
  "a server that has no room for more connections is not away: logins share those that are open",
  async (database) => {
    await using mail = await filled(database);
    await using machine = new Machine(mail.serverUrl, {}, { connections: 5 });
    await mail.sql("alter role server connection limit 2");
    try {
      const logins = await Promise.all(Array.from({ length: 20 }, () => machine.logIn()));
      assertEquals(logins.every(({ uniqueIds }) => uniqueIds.length === 4), true);
      assertEquals(machine.events.some(({ type }) => type === "store"), false);
      assert(machine.database.status().open <= 2);
    } finally {
      await mail.sql("alter role server connection limit -1");
    }
  },
);

testEachWay("a database that is silent can be closed", async (database) => {
  await using mail = await filled(database);
  const machine = new Machine(mail.serverUrl, {}, { connectTimeout: 0.3 });
  await machine.logIn();
  await database.server.signal("SIGSTOP");
  try {
    await inTime(machine[Symbol.asyncDispose]());
  } finally {
    await database.server.signal("SIGCONT");
  }
});

const isStart = (text: string) => text.includes("user\0server");
const isAccount = (text: string) => text.includes("from (select password");

/** All that connections carry is lost. @returns when something is sent */
function silence(proxy: CuttingProxy): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.onQuery(() => {
    resolve();
    return "lose";
  });
  return promise;
}

for (const verdict of ["cut-query", "lose"] as const) {
  testWithPostgres(
    `a connection that cannot be opened (${verdict}) is no outage while others serve`,
    async (database) => {
      await using _mail = await filled(database);
      using proxy = new CuttingProxy(database.port);
      await using machine = new Machine(database.url("server", proxy.port), {}, {
        connectTimeout: 0.3,
      });
      await machine.logIn();
      proxy.onQuery((text) => isStart(text) ? verdict : "pass");
      const logins = await Promise.all(Array.from({ length: 20 }, () => machine.logIn()));
      assertEquals(logins.every(({ uniqueIds }) => uniqueIds.length === 4), true);
      assertEquals(machine.events.some(({ type }) => type === "store"), false);
      assertEquals(machine.database.status().open, 1);
    },
  );
}

testWithPostgres(
  "an outage is over when a connection that was busy answers",
  async (database) => {
    await using _mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    const clock = new ManualClock();
    await using machine = new Machine(database.url("server", proxy.port), {}, { clock });
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await machine.logIn();
    proxy.onQuery((text) => {
      if (isStart(text)) return "cut-query";
      if (!isAccount(text)) return "pass";
      asked.resolve();
      return held;
    });
    const slow = machine.logIn();
    await inTime(asked.promise);
    clock.advance(5_000);
    await assertRejects(() => machine.logIn(), Pop3ResponseError, "cannot be reached");
    assertEquals(machine.database.status().isReachable, false);
    clock.advance(1);
    letGo();
    await inTime(slow);
    assertEquals(machine.database.status().isReachable, true);
    assertEquals((await machine.logIn()).uniqueIds.length, 4);
  },
);

testWithPostgres(
  "a silent network: after the first query without an answer, logins hear SYS/TEMP and wait for nothing",
  async (database) => {
    await using _mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    const clock = new ManualClock();
    await using machine = new Machine(database.url("server", proxy.port), {}, {
      connectTimeout: 0.3,
      clock,
    });
    await Promise.all(Array.from({ length: 3 }, () => machine.logIn()));
    assertEquals(machine.database.status().open, 3);
    const asked = silence(proxy);
    const first = assertRejects(() => machine.logIn(), Error, "had not answered after 30000 ms");
    await inTime(asked);
    clock.advance(30_000);
    await inTime(first);
    await inTime(machine.until((event) => event.type === "store" && !event.isReachable));
    // The clock stands still: none of them waits for a time limit.
    for (let login = 0; login < 20; login++) {
      await inTime(assertRejects(() => machine.logIn(), Pop3ResponseError, "cannot be reached"));
    }
    assertEquals(machine.database.status().open, 0);
    proxy.onQuery(() => "pass");
    clock.advance(1_000);
    await inTime(machine.until((event) => event.type === "store" && event.isReachable));
    assertEquals((await machine.logIn()).uniqueIds.length, 4);
  },
);

testWithPostgres(
  "a health check notices a silent network after the time for a connection",
  async (database) => {
    await using _mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    const clock = new ManualClock();
    await using machine = new Machine(database.url("server", proxy.port), {}, { clock });
    assertEquals(await machine.database.health(), null);
    const asked = silence(proxy);
    const health = machine.database.health();
    await inTime(asked);
    clock.advance(1_000);
    assert(await inTime(health) !== null);
    await inTime(machine.until((event) => event.type === "store" && !event.isReachable));
  },
);

testWithPostgres(
  "a connection that has answered since a slow query was asked is kept; one that was idle for minutes is not",
  async (database) => {
    await using _mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    const clock = new ManualClock();
    await using machine = new Machine(database.url("server", proxy.port), {}, { clock });
    const asked = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    let starts = 0;
    let isHeld = true;
    proxy.onQuery((text) => {
      if (isStart(text)) starts++;
      if (!isAccount(text) || !isHeld) return "pass";
      isHeld = false;
      asked.resolve();
      return never.promise;
    });
    await machine.database.health();
    const slow = assertRejects(() => machine.logIn(), Error, "had not answered");
    await inTime(asked.promise);
    clock.advance(1);
    await machine.logIn();
    assertEquals(starts, 2);
    clock.advance(30_000);
    await inTime(slow);
    await machine.logIn();
    assertEquals([starts, machine.database.status().open], [2, 1]);
    clock.advance(300_001);
    await machine.logIn();
    assertEquals([starts, machine.database.status().open], [3, 1]);
    assertEquals(machine.events.some(({ type }) => type === "store"), false);
    never.resolve();
  },
);
