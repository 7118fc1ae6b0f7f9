/** A deletion is done or not, whatever happens to the database, and the client hears which. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Pop3Event } from "../../lib/events/events.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import { deliver } from "../../lib/postgres/mod.ts";
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
import { freePort, type TestDatabase, testWithPostgres } from "./test_postgres.ts";
import { testEachWay } from "./test_pgbouncer.ts";

testEachWay(
  "overlapping deletions of two processes: no error, and nothing comes back",
  async (database) => {
    await using mail = await filled(database);
    await using one = new Machine(mail.serverUrl);
    await using two = new Machine(mail.serverUrl);
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

testEachWay(
  "the answer to a deletion that was done is lost: it counts as done",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    await using process = new Machine(database.url("server", proxy.port));
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

testEachWay(
  "a deletion that did not reach the server is an error, and stays undone",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    await using process = new Machine(database.url("server", proxy.port));
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

testEachWay(
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

for (const moment of ["before it arrives", "while it runs", "after it is done"] as const) {
  testEachWay(
    `PostgreSQL crashes during a deletion, ${moment}: it is done or not, and the reply says which`,
    async (database) => {
      await using mail = await filled(database);
      await using _lock = moment === "while it runs" ? await slowDeletions(mail) : null;
      using proxy = new CuttingProxy(database.port);
      await using process = new Machine(database.url("server", proxy.port));
      const { mailbox, uniqueIds } = await process.logIn();
      const arrived = Promise.withResolvers<void>();
      let isUp = true;
      proxy.onQuery((text) => {
        // The outcome cannot be asked for before the crash.
        if (!isUp) return "cut-query";
        if (!text.includes("delete_messages")) return "pass";
        isUp = false;
        arrived.resolve();
        return moment === "before it arrives" ? "cut-query" : "cut-answer";
      });
      const deletion = Promise.allSettled([
        Promise.resolve(mailbox.messageDelete(info, uniqueIds)),
      ]);
      await inTime(arrived.promise);
      if (moment === "while it runs") await untilSql(mail, WAITING_DELETIONS, "1");
      if (moment === "after it is done") {
        await untilSql(mail, "select count(*) from pop3svc.message", "0");
      }
      await database.server.stop("immediate");
      await database.server.start();
      isUp = true;
      proxy.onQuery(() => "pass");
      const [{ status } = { status: "none" }] = await inTime(deletion, 60_000);
      assertEquals(
        [status, await count(mail)],
        moment === "after it is done" ? ["fulfilled", 0] : ["rejected", 4],
      );
    },
  );
}

testEachWay(
  "a deletion that the server refuses is not asked about: the client hears at once that nothing was deleted",
  async (database) => {
    await using mail = await filled(database);
    await using machine = new Machine(mail.serverUrl);
    const { mailbox, uniqueIds } = await machine.logIn();
    // A full disk, no memory, a standby, a cancelled query; and an outcome that is not known.
    for (const state of ["53100", "53200", "25006", "57014", "40003"]) {
      await mail.sql(`
        create or replace function pop3svc.refuse() returns trigger language plpgsql as $$
        begin raise exception 'refused' using errcode = '${state}'; end $$;
        create or replace trigger refuse before delete on pop3svc.message
          for each row execute function pop3svc.refuse()`);
      const error = await assertRejects(
        async () => await mailbox.messageDelete(info, uniqueIds),
        Pop3ResponseError,
        "Nothing was deleted",
      );
      assertEquals(error.code, "SYS/TEMP");
      const asked = machine.events.flatMap((event) =>
        event.type === "store-query" ? [event.operation] : []
      );
      assertEquals(asked.at(-1), state === "40003" ? "outcome" : "delete", state);
      assertEquals(await count(mail), 4);
    }
  },
);

/** A deletion whose answer is lost, and the question for its outcome, too. */
async function unanswered(database: TestDatabase, proxy: CuttingProxy, clock: ManualClock) {
  const machine = new Machine(database.url("server", proxy.port), {}, { clock });
  const { mailbox, uniqueIds } = await machine.logIn();
  const [deleting, asking] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  proxy.onQuery((text) => {
    if (text.includes("delete_messages")) deleting.resolve();
    else if (text.includes("pop3svc.outcome")) asking.resolve();
    else return "pass";
    return "lose";
  });
  const deletion = Promise.resolve(mailbox.messageDelete(info, uniqueIds));
  const told = assertRejects(() => deletion, Pop3ResponseError, "It is not known");
  await inTime(deleting.promise);
  clock.advance(30_000);
  await inTime(asking.promise);
  return { machine, told };
}

testWithPostgres("QUIT waits for a minute at most, whatever is silent", async (database) => {
  await using _mail = await filled(database);
  using proxy = new CuttingProxy(database.port);
  const clock = new ManualClock();
  const { machine, told } = await unanswered(database, proxy, clock);
  await using _machine = machine;
  clock.advance(30_000);
  await inTime(told);
});

testWithPostgres("a database that is closed is asked for no outcome", async (database) => {
  await using _mail = await filled(database);
  using proxy = new CuttingProxy(database.port);
  const clock = new ManualClock();
  const { machine, told } = await unanswered(database, proxy, clock);
  await inTime(machine[Symbol.asyncDispose]());
  let isTold = false;
  void told.then(() => isTold = true);
  // A few pauses, and not the minute.
  for (let tries = 0; !isTold && tries < 20; tries++) {
    await new Promise((done) => setTimeout(done, 20));
    clock.advance(500);
  }
  assert(isTold);
  await told;
});

testEachWay(
  "the answer that refuses a deletion is lost: it counts as not done",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    await using machine = new Machine(database.url("server", proxy.port), { exclusive: true });
    const { mailbox, uniqueIds } = await machine.logIn();
    await mail.sql("update pop3svc.lease set expires_at = now() - interval '1 second'");
    proxy.onQuery((text) => text.includes("delete_messages") ? "cut-answer" : "pass");
    await assertRejects(
      async () => await mailbox.messageDelete(info, uniqueIds),
      Pop3ResponseError,
      "Nothing was deleted",
    );
    assertEquals(await count(mail), 4);
  },
);

testEachWay(
  "a deletion that arrives after its client has heard that nothing was deleted is not done",
  async (database, isBounced) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    {
      await using machine = new Machine(database.url("server", proxy.port), {}, {
        queryTimeout: 0.5,
      });
      const { mailbox, uniqueIds } = await machine.logIn();
      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      proxy.onQuery((text) => text.includes("delete_messages") ? held : "pass");
      await assertRejects(
        async () => await mailbox.messageDelete(info, uniqueIds),
        Pop3ResponseError,
        "Nothing was deleted",
      );
      letGo();
    }
    const log = () => Deno.readTextFile(`${database.server.folder}/log`);
    // PgBouncer may have thrown it away, since its client has gone.
    for (let tries = 0; !isBounced && !(await log()).includes("deletion_pkey"); tries++) {
      assert(tries < 100, "the deletion has not arrived");
      await mail.sql("select pg_sleep(0.05)");
    }
    await untilSql(
      mail,
      "select count(*) from pg_stat_activity where query like '%delete_messages%' and state = 'active' and pid <> pg_backend_pid()",
      "0",
    );
    assertEquals(await count(mail), 4);
  },
);

testEachWay(
  "when nobody can ask for the outcome, the client and the log hear that it is not known",
  async (database) => {
    await using mail = await filled(database);
    using proxy = new CuttingProxy(database.port);
    const clock = new ManualClock();
    await using machine = new Machine(database.url("server", proxy.port), {}, { clock });
    const events: Pop3Event[] = [];
    const onEvent = (event: Pop3Event) => events.push(event);
    await using pop3 = new Pop3Listener({ provider: machine.provider, onEvent });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using client = await LoopbackClient.connect(port);
    await client.logIn();
    await client.command("DELE 1");
    const nobody = freePort();
    proxy.onQuery((text) => {
      if (!text.includes("delete_messages")) return "pass";
      // It is done there, but this machine reaches nothing any more.
      proxy.upstream = nobody;
      return "cut-answer";
    });
    let reply: string | null | undefined;
    void client.command("QUIT").then((line) => reply = line);
    for (let tries = 0; reply === undefined && tries < 2_000; tries++) {
      await new Promise((done) => setTimeout(done, 5));
      clock.advance(500);
    }
    assertStringIncludes(reply ?? "", "-ERR [SYS/TEMP] It is not known");
    assertEquals(await client.readLine(), null);
    assertEquals(await count(mail), 3);
    const [failure] = events.flatMap((event) => event.type === "error" ? [event] : []);
    assertEquals(failure?.during, "QUIT");
    assertStringIncludes(String(failure?.error), "It is not known");
    assertEquals(events.some(({ type }) => type === "delete"), false);
  },
);

testEachWay(
  "a message that another session deletes during a download ends with a closed connection",
  async (database) => {
    await using mail = await filled(database);
    const line = "x".repeat(70) + "\r\n";
    await deliver(mail.owner, "me", line.repeat(300_000));
    await using machine = new Machine(mail.serverUrl);
    await using pop3 = new Pop3Listener({ provider: machine.provider, onEvent: () => {} });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using reader = await LoopbackClient.connect(port);
    await reader.logIn();
    assertStringIncludes(await reader.command("RETR 5") ?? "", "+OK");
    using other = await LoopbackClient.connect(port);
    await other.logIn();
    await other.command("DELE 5");
    assertStringIncludes(await other.command("QUIT") ?? "", "+OK");
    let [last, lines]: [string | null, number] = ["", -1];
    await inTime(
      (async () => {
        for (; last !== null && last !== "."; lines++) last = await reader.readLine();
      })(),
      60_000,
    );
    assertEquals(last, null);
    assert(lines < 300_000);
  },
);
