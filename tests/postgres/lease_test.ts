/** Leases: one session at a time, by the clock of the database. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { Pop3Event } from "../../lib/events/events.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { ManualClock } from "../manual_clock.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import {
  addYou,
  count,
  filled,
  info,
  inTime,
  Machine,
  slowDeletions,
  untilLapsed,
  untilSql,
  WAITING_DELETIONS,
} from "./machine.ts";
import { ServerProcess } from "./server_process.ts";
import { testEachWay } from "./test_pgbouncer.ts";
import { testWithPostgres } from "./test_postgres.ts";

const isRenewal = (event: Pop3Event) =>
  event.type === "store-query" && event.operation === "renew" && event.isOk;
const isLost = ({ type }: Pop3Event) => type === "lease-lost";

testEachWay(
  "a lease keeps out the sessions of other processes, and is free after its session",
  async (database) => {
    await using mail = await filled(database);
    await using one = new Machine(mail.serverUrl, { exclusive: true });
    await using two = new Machine(mail.serverUrl, { exclusive: true });
    const { mailbox, uniqueIds } = await one.logIn();
    const error = await assertRejects(() => two.logIn(), Pop3ResponseError);
    assertEquals(error.code, "IN-USE");
    await mailbox.messageDelete(info, uniqueIds.slice(0, 1));
    await mailbox.release?.(info);
    assertEquals((await two.logIn()).uniqueIds.length, 3);
  },
);

testEachWay(
  "a session whose lease has lapsed deletes nothing, whether or not another took it",
  async (database) => {
    for (const isTaken of [true, false]) {
      await using mail = await filled(database);
      await mail.sql("delete from pop3svc.lease");
      await using one = new Machine(mail.serverUrl, { exclusive: true });
      await using two = new Machine(mail.serverUrl, { exclusive: true });
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

testEachWay(
  "leases are renewed; one that was lost is an event, and is not used any more",
  async (database) => {
    await using mail = await filled(database);
    await using one = new Machine(mail.serverUrl, { exclusive: true, leaseTime: 0.9 });
    const { mailbox, uniqueIds } = await one.logIn();
    await one.until(isRenewal, 4);
    await mailbox.messageDelete(info, uniqueIds.slice(0, 1));
    // It is not renewed although nobody took it: the session may have slept.
    await mail.sql("update pop3svc.lease set expires_at = now() - interval '1 second'");
    await one.until(isLost);
    await assertRejects(
      async () => await mailbox.messageDelete(info, uniqueIds),
      Pop3ResponseError,
      "lost",
    );
    await mailbox.release?.(info);
  },
);

testEachWay(
  "a lease whose release did not reach the database lapses, although its process renews others",
  async (database) => {
    await using mail = await filled(database);
    await addYou(mail);
    using proxy = new CuttingProxy(database.port);
    await using one = new Machine(database.url("server", proxy.port), {
      exclusive: true,
      leaseTime: 0.9,
    });
    await using two = new Machine(mail.serverUrl, { exclusive: true });
    const { mailbox } = await one.logIn("me");
    const { mailbox: yours } = await one.logIn("you");
    proxy.onQuery((text) => text.includes("delete from pop3svc.lease") ? "cut-query" : "pass");
    await assertRejects(async () => await mailbox.release?.(info));
    proxy.onQuery(() => "pass");
    await untilSql(
      mail,
      "select count(*) from pop3svc.lease where expires_at > clock_timestamp()",
      "1",
    );
    await two.logIn("me");
    await assertRejects(() => two.logIn("you"), Pop3ResponseError, "Another session");
    await yours.release?.(info);
  },
);

testEachWay(
  "a slow deletion of one user costs others nothing, and its mailbox is in use for as long",
  async (database) => {
    await using mail = await filled(database);
    await addYou(mail);
    await using one = new Machine(mail.serverUrl, { exclusive: true, leaseTime: 0.9 });
    await using two = new Machine(mail.serverUrl, { exclusive: true });
    const { mailbox, uniqueIds } = await one.logIn("me");
    const { mailbox: yours, uniqueIds: [yourId = ""] } = await one.logIn("you");
    let deletion: Promise<void>;
    {
      await using _lock = await slowDeletions(mail);
      deletion = Promise.resolve(mailbox.messageDelete(info, uniqueIds.slice(0, 2)));
      await untilSql(mail, WAITING_DELETIONS, "1");
      // Their leases are renewed while that of the deletion lapses.
      await inTime(one.until(isRenewal, one.events.filter(isRenewal).length + 6));
      assertEquals(
        await mail.sql(
          "select name, expires_at > clock_timestamp() from pop3svc.lease join pop3svc.mailbox on id = mailbox order by name",
        ),
        ["me|f", "you|t"],
      );
      // Nobody waits with a connection for the mailbox.
      await inTime(assertRejects(() => two.logIn("me"), Pop3ResponseError, "Another session"));
      assertEquals(two.database.status().inUse, 0);
      await yours.messageDelete(info, [yourId]);
    }
    await deletion;
    assertEquals(await count(mail), 2);
    assertEquals(one.events.filter(isLost).length <= 1, true);
    await yours.release?.(info);
    await mailbox.release?.(info);
  },
);

testEachWay(
  "PostgreSQL is silent for longer than a lease: its holder deletes nothing",
  async (database) => {
    await using mail = await filled(database);
    await using first = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 1 });
    await using second = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 1 });
    using client = await first.logIn();
    await client.command("DELE 1");
    await database.server.signal("SIGSTOP");
    try {
      await client.send("QUIT\r\n");
      const { promise: lapsed, resolve } = Promise.withResolvers<void>();
      // By the clock: the database cannot be asked.
      setTimeout(resolve, 1_500);
      await lapsed;
    } finally {
      await database.server.signal("SIGCONT");
    }
    assertStringIncludes(await inTime(client.readLine()) ?? "", "-ERR [SYS/TEMP]");
    assertEquals(await count(mail), 4);
    await untilLapsed(mail);
    using other = await second.logIn();
    assertMatch(await other.command("STAT") ?? "", /^\+OK 4 /);
  },
);

testEachWay(
  "a process that a silent network cuts off deletes nothing; another has the mailbox",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    const url = database.url("server", proxy.port);
    await using first = await ServerProcess.start({ url, leaseTime: 1, queryTimeout: 1 });
    await using second = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 30 });
    using client = await first.logIn();
    await client.command("DELE 1");
    // The deletion is lost, and so is the question for its outcome until the network is back.
    proxy.onQuery((text) => {
      if (text.includes("delete_messages")) proxy.isSilent = true;
      return proxy.isSilent ? "lose" : "pass";
    });
    await client.send("QUIT\r\n");
    await inTime(first.untilLogged("reachable=no"));
    await untilLapsed(mail);
    using other = await second.logIn();
    proxy.isSilent = false;
    assertStringIncludes(await inTime(client.readLine()) ?? "", "-ERR [SYS/TEMP]");
    assertEquals(await count(mail), 4);
    assertMatch(await other.command("DELE 2") ?? "", /^\+OK/);
    assertMatch(await other.command("QUIT") ?? "", /^\+OK/);
    assertEquals(await count(mail), 3);
  },
);

for (const verdict of ["cut-query", "lose"] as const) {
  testWithPostgres(
    `a renewal that fails (${verdict}) is tried again after a second, long before the lease lapses`,
    async (database) => {
      await using _mail = await filled(database);
      using proxy = new CuttingProxy(database.port);
      const clock = new ManualClock();
      const url = database.url("server", proxy.port);
      await using one = new Machine(url, { exclusive: true, leaseTime: 30 }, { clock });
      const { mailbox } = await one.logIn();
      const asked = Promise.withResolvers<void>();
      proxy.onQuery((text) => {
        if (!text.includes("with valid as")) return "pass";
        asked.resolve();
        return verdict;
      });
      clock.advance(10_000);
      await inTime(asked.promise);
      // The time limit of a renewal is a sixth of the lease.
      clock.advance(5_000);
      await inTime(
        one.until((event) => event.type === "store-query" && event.operation === "renew"),
      );
      proxy.onQuery(() => "pass");
      assertEquals(one.events.filter(isRenewal).length, 0);
      clock.advance(1_000);
      await inTime(one.until(isRenewal));
      await mailbox.release?.(info);
    },
  );
}

testWithPostgres(
  "a renewal goes before all others that wait for a connection",
  async (database) => {
    await using mail = await filled(database);
    await addYou(mail);
    using proxy = new CuttingProxy(database.port);
    const clock = new ManualClock();
    await using one = new Machine(
      database.url("server", proxy.port),
      { exclusive: true, leaseTime: 30 },
      { clock, connections: 1, waiting: 3, waitTimeout: 60, queryTimeout: 60 },
    );
    const { mailbox } = await one.logIn();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    proxy.onQuery((text) => {
      if (!text.includes("from (select password")) return "pass";
      asked.resolve();
      return held;
    });
    const before = one.events.length;
    const first = one.logIn("you");
    await inTime(asked.promise);
    const others = Promise.allSettled([one.logIn("nobody"), one.logIn("nobody")]);
    // All that may wait do.
    while (one.database.status().waiting < 2) await new Promise((done) => setTimeout(done, 1));
    clock.advance(10_000);
    assertEquals(one.database.status().waiting, 3);
    letGo();
    const { mailbox: yours } = await inTime(first);
    await others;
    const operations = one.events.slice(before).flatMap((event) =>
      event.type === "store-query" ? [event.operation] : []
    );
    assertEquals(operations.slice(0, 2), ["account", "renew"]);
    await yours.release?.(info);
    await mailbox.release?.(info);
  },
);

testEachWay(
  "a session without a lease deletes nothing while another session has one",
  async (database) => {
    await using mail = await filled(database);
    await using one = new Machine(mail.serverUrl, { exclusive: true });
    // A server that was started without --lock.
    await using two = new Machine(mail.serverUrl);
    const { mailbox } = await one.logIn();
    const { mailbox: other, uniqueIds } = await two.logIn();
    const error = await assertRejects(
      async () => await other.messageDelete(info, uniqueIds),
      Pop3ResponseError,
      "Another session has this mailbox; nothing was deleted.",
    );
    assertEquals([error.code, await count(mail)], ["SYS/TEMP", 4]);
    await mail.sql("update pop3svc.lease set expires_at = now() - interval '1 second'");
    await other.messageDelete(info, uniqueIds.slice(0, 1));
    assertEquals(await count(mail), 3);
    await mailbox.release?.(info);
  },
);
