/** What users see when something fails: the table of docs/cluster.md, each line with a real server. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Pop3Event } from "../../lib/events/events.ts";
import {
  deliver,
  PostgresBanEngine,
  PostgresDatabase,
  PostgresProvider,
  type PostgresProviderOptions,
} from "../../lib/postgres/mod.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mailbox_conformance.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import { MailDatabase } from "./mail_database.ts";
import { testWithPostgres } from "./test_postgres.ts";

const info = testConnectionInfo();

/** A process of its own: its pool, its provider. */
class Process implements AsyncDisposable {
  readonly database: PostgresDatabase;
  readonly provider: PostgresProvider;
  readonly events: Pop3Event[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(url: string, options: PostgresProviderOptions = {}) {
    const onEvent = (event: Pop3Event) => {
      this.events.push(event);
      for (const look of this.#waiting) look();
    };
    this.database = new PostgresDatabase(url, { connections: 3, connectTimeout: 1, onEvent });
    this.provider = new PostgresProvider(this.database, options);
  }

  async logIn(): Promise<{ readonly mailbox: Mailbox; readonly uniqueIds: readonly string[] }> {
    const mailbox = await this.provider.authenticate(info, "me", "passw0rd");
    if (mailbox === null) throw new Error("wrong password");
    return { mailbox, uniqueIds: await mailbox.listMessageUniqueIds(info) };
  }

  /** Waits until there have been so many events of a kind. */
  async until(isMeant: (event: Pop3Event) => boolean, times = 1): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (this.events.filter(isMeant).length >= times) resolve();
    };
    this.#waiting.add(look);
    look();
    await promise;
    this.#waiting.delete(look);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }
}

async function filled(database: Parameters<typeof MailDatabase.create>[0]): Promise<MailDatabase> {
  const mail = await MailDatabase.create(database);
  for (const subject of ["a", "b", "c", "d"]) {
    await deliver(mail.owner, "me", `Subject: ${subject}\n`);
  }
  return mail;
}

const count = async (mail: MailDatabase) =>
  Number((await mail.sql("select count(*) from pop3svc.message"))[0]);

testWithPostgres(
  "overlapping deletions of two processes: no error, and nothing comes back",
  async (database) => {
    await using mail = await filled(database);
    await using one = new Process(mail.serverUrl);
    await using two = new Process(mail.serverUrl);
    const first = await one.logIn();
    const second = await two.logIn();
    // In opposite order, many times: a deadlock would be an error.
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        first.mailbox.messageDelete(info, first.uniqueIds.slice(0, 3)),
        second.mailbox.messageDelete(info, second.uniqueIds.slice(1).toReversed()),
      ]);
    }
    assertEquals((await one.logIn()).uniqueIds, []);
  },
);

testWithPostgres(
  "the answer to a deletion that was done is lost: it counts as done",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.server.port);
    await using process = new Process(database.url("server", proxy.port));
    const { mailbox, uniqueIds } = await process.logIn();
    let cuts = 0;
    proxy.onQuery((text) =>
      text.includes("delete_messages") && cuts++ === 0 ? "cut-answer" : "pass"
    );
    await mailbox.messageDelete(info, uniqueIds.slice(0, 2));
    assertEquals(cuts, 1);
    assertEquals(await count(mail), 2);
    const asked = process.events.flatMap((event) =>
      event.type === "store-query" ? [event.operation] : []
    );
    assertEquals(asked.slice(-2), ["delete", "outcome"]);
  },
);

testWithPostgres(
  "a deletion that did not reach the server is an error, and stays undone",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.server.port);
    await using process = new Process(database.url("server", proxy.port));
    const { mailbox, uniqueIds } = await process.logIn();
    proxy.onQuery((text) => text.includes("delete_messages") ? "cut-query" : "pass");
    const error = await assertRejects(
      async () => await mailbox.messageDelete(info, uniqueIds),
      Pop3ResponseError,
      "Nothing was deleted",
    );
    assertEquals(error.code, "SYS/TEMP");
    assertEquals(await count(mail), 4);
  },
);

testWithPostgres(
  "a deletion whose outcome was asked for can no longer be done",
  async (database) => {
    await using mail = await filled(database);
    const key = crypto.randomUUID();
    assertEquals(await mail.sql(`select pop3svc.outcome('${key}')`), ["f"]);
    await assertRejects(
      () =>
        mail.sql(
          `select pop3svc.delete_messages('${key}', 1, array(select unique_id from pop3svc.message), null)`,
        ),
      Error,
      "duplicate key",
    );
    assertEquals(await count(mail), 4);
  },
);

testWithPostgres(
  "a failover: connections are reset, and the next login is as always",
  async (database) => {
    await using _mail = await filled(database);
    using proxy = new CuttingProxy(database.server.port);
    await using process = new Process(database.url("server", proxy.port));
    const { mailbox, uniqueIds: [uniqueId = ""] } = await process.logIn();
    proxy.cutAll();
    // The next one may still meet a connection that has not noticed.
    await mailbox.messageSize(info, uniqueId);
    await Promise.allSettled([mailbox.messageExists(info, uniqueId)]);
    assertEquals((await process.logIn()).uniqueIds.length, 4);
  },
);

testWithPostgres(
  "the server crashes: SYS/TEMP at once for everybody, and all is well when it is back",
  async (database) => {
    await using mail = await filled(database);
    await using process = new Process(mail.serverUrl);
    const { mailbox, uniqueIds } = await process.logIn();
    await database.server.stop("immediate");
    const failures = await Promise.allSettled([
      ...Array.from({ length: 50 }, () => process.logIn()),
      process.database.health().then((error) => {
        if (error !== null) throw error;
      }),
    ]);
    assert(failures.every(({ status }) => status === "rejected"));
    const error = await assertRejects(() => process.logIn(), Pop3ResponseError);
    assertEquals(error.code, "SYS/TEMP");
    await assertRejects(
      async () => await mailbox.messageContents(info, uniqueIds[0] ?? ""),
      Pop3ResponseError,
    );
    assertEquals(process.database.status().isReachable, false);
    await database.server.start();
    await process.until((event) => event.type === "store" && event.isReachable);
    assertEquals((await process.logIn()).uniqueIds, uniqueIds);
    const changes = process.events.flatMap((event) =>
      event.type === "store" ? [event.isReachable] : []
    );
    assertEquals(changes, [false, true]);
  },
);

testWithPostgres(
  "a deletion during a crash is done or not, and the reply says which",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.server.port);
    await using process = new Process(database.url("server", proxy.port));
    const { mailbox, uniqueIds } = await process.logIn();
    proxy.onQuery((text) => text.includes("delete_messages") ? "cut-query" : "pass");
    const deletion = Promise.allSettled([Promise.resolve(mailbox.messageDelete(info, uniqueIds))]);
    await database.server.stop("immediate");
    await database.server.start();
    const [{ status } = { status: "none" }] = await deletion;
    assertEquals(status === "fulfilled" ? 0 : 4, await count(mail));
  },
);

testWithPostgres(
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

testWithPostgres(
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

testWithPostgres(
  "a lease keeps out the sessions of other processes, and is free after its session",
  async (database) => {
    await using mail = await filled(database);
    await using one = new Process(mail.serverUrl, { exclusive: true });
    await using two = new Process(mail.serverUrl, { exclusive: true });
    const { mailbox, uniqueIds } = await one.logIn();
    const error = await assertRejects(() => two.logIn(), Pop3ResponseError);
    assertEquals(error.code, "IN-USE");
    await mailbox.messageDelete(info, uniqueIds.slice(0, 1));
    await mailbox.release?.(info);
    assertEquals((await two.logIn()).uniqueIds.length, 3);
  },
);

testWithPostgres(
  "a session whose lease has lapsed deletes nothing, whether or not another took it",
  async (database) => {
    for (const isTaken of [true, false]) {
      await using mail = await filled(database);
      await mail.sql("delete from pop3svc.lease");
      await using one = new Process(mail.serverUrl, { exclusive: true });
      await using two = new Process(mail.serverUrl, { exclusive: true });
      const before = await count(mail);
      const { mailbox, uniqueIds } = await one.logIn();
      await mail.sql("update pop3svc.lease set expires_at = now() - interval '1 second'");
      if (isTaken) await two.logIn();
      await assertRejects(
        async () => await mailbox.messageDelete(info, uniqueIds),
        Pop3ResponseError,
        "lost",
      );
      assertEquals(await count(mail), before);
      await mail.sql("delete from pop3svc.account");
    }
  },
);

testWithPostgres(
  "leases are renewed; one that was lost is an event, and is not used any more",
  async (database) => {
    await using mail = await filled(database);
    await using one = new Process(mail.serverUrl, { exclusive: true, leaseTime: 0.9 });
    const { mailbox, uniqueIds } = await one.logIn();
    await one.until((event) => event.type === "store-query" && event.operation === "renew", 4);
    await mailbox.messageDelete(info, uniqueIds.slice(0, 1));
    // It is not renewed although nobody took it: the session may have slept.
    await mail.sql("update pop3svc.lease set expires_at = now() - interval '1 second'");
    await one.until(({ type }) => type === "lease-lost");
    await assertRejects(
      async () => await mailbox.messageDelete(info, uniqueIds),
      Pop3ResponseError,
      "lost",
    );
    await mailbox.release?.(info);
  },
);

testWithPostgres(
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

testWithPostgres("an observer that throws does not decide about a query", async (database) => {
  await using mail = await filled(database);
  await using opened = mail.connect({
    onEvent() {
      throw new Error("the observer fails");
    },
  });
  assertEquals(await opened.health(), null);
});

testWithPostgres(
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

testWithPostgres(
  "a client hears SYS/TEMP while the database is away, and its session goes on",
  async (database) => {
    await using mail = await filled(database);
    await using process = new Process(mail.serverUrl);
    await using pop3 = new Pop3Listener({ provider: process.provider, onEvent: () => {} });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using client = await LoopbackClient.connect(port);
    await client.logIn();
    await client.command("DELE 1");
    await database.server.stop("immediate");
    assertStringIncludes(await client.command("RETR 2") ?? "", "-ERR [SYS/TEMP]");
    using late = await LoopbackClient.connect(port);
    assertStringIncludes(await late.logIn() ?? "", "-ERR [SYS/TEMP]");
    assertStringIncludes(await client.command("QUIT") ?? "", "-ERR [SYS/TEMP]");
    await database.server.start();
    await process.until((event) => event.type === "store" && event.isReachable);
    using again = await LoopbackClient.connect(port);
    await again.logIn();
    assertStringIncludes(await again.command("STAT") ?? "", "+OK 4 ");
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
