/** Processes that share a database are killed at any moment. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { addAccount, deliver } from "../../lib/postgres/mod.ts";
import type { LoopbackClient } from "../loopback_client.ts";
import { count, filled, inTime, untilLapsed } from "./machine.ts";
import type { MailDatabase } from "./mail_database.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import { ServerProcess } from "./server_process.ts";
import { testEachWay } from "./test_pgbouncer.ts";

/** `POP3SVC_TEST_KILLS=200` kills more often than an ordinary run; `POP3SVC_TEST_SEED` repeats one. */
const ROUNDS = Math.max(2, Number(Deno.env.get("POP3SVC_TEST_KILLS") ?? 6));
const SEED = Number(Deno.env.get("POP3SVC_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
const MESSAGES = 6;

/** The same numbers from 0 to 1 for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The numbers of the messages that are left, in order. */
async function leftOf(mail: MailDatabase, user: string): Promise<string> {
  const [left = ""] = await mail.sql(
    `select string_agg(substr(unique_id, 2), '' order by unique_id) from pop3svc.message
      where mailbox = (select id from pop3svc.mailbox where name = '${user}')`,
  );
  return left;
}

const without = (all: string, gone: string) => [...all].filter((n) => !gone.includes(n)).join("");

async function quitWith(client: LoopbackClient): Promise<string | null> {
  try {
    return await client.readLine();
  } catch {
    // Its server was killed.
    return null;
  }
}

testEachWay(
  "a process is killed at a random moment of QUIT, while another deletes some of the same messages",
  async (database) => {
    console.log(`seed ${SEED}`);
    const random = randomFrom(SEED);
    await using mail = await filled(database);
    const start = () => ServerProcess.start({ url: mail.serverUrl });
    const outcomes = { all: 0, none: 0, told: 0 };
    await using processes = new AsyncDisposableStack();
    let [victim, other] = [processes.use(await start()), processes.use(await start())];
    /** How long a QUIT takes here, in milliseconds. */
    let usual = 10;
    for (let round = 0; round < ROUNDS; round++) {
      const user = `user${round}`;
      await addAccount(mail.owner, user, "{PLAIN}passw0rd");
      for (let n = 1; n <= MESSAGES; n++) {
        await deliver(mail.owner, user, `Subject: ${n}\n`, { uniqueId: `m${n}` });
      }
      const some = () =>
        Array.from({ length: MESSAGES }, (_, at) => `${at + 1}`)
          .filter((n) => n === "3" || random() < 0.5).join("");
      // In two rounds the moment is not random, so that each outcome occurs: before the QUIT is read, and after its reply.
      const [mine, theirs] = round < 2 ? ["123", "345"] : [some(), some()];
      // The next process is started meanwhile: that takes longest.
      const next = start();
      try {
        using doomed = await victim.logIn(user);
        using survivor = await other.logIn(user);
        for (const n of mine) assertMatch(await doomed.command(`DELE ${n}`) ?? "", /^\+OK/);
        for (const n of theirs) assertMatch(await survivor.command(`DELE ${n}`) ?? "", /^\+OK/);
        if (round === 0) victim.kill("SIGSTOP");
        await Promise.all([survivor.send("QUIT\r\n"), doomed.send("QUIT\r\n")]);
        const asked = performance.now();
        const survived = quitWith(survivor).then((line) => {
          usual = (usual + performance.now() - asked) / 2;
          return line;
        });
        const replied = round === 1 ? await inTime(quitWith(doomed)) : null;
        // Not a wait for anything: the moment of the kill.
        const moment = asked + usual * random() ** 3;
        while (performance.now() < moment) await new Promise((done) => setImmediate(done));
        victim.kill("SIGKILL");
        const said = replied ?? await inTime(quitWith(doomed));
        assertMatch(await inTime(survived) ?? "", /^\+OK/);
        const [none, all] = [without("123456", theirs), without("123456", mine + theirs)];
        const left = await leftOf(mail, user);
        const isAll = left === all;
        assert(isAll || left === none, `${mine} and ${theirs} were deleted: ${left} is left`);
        if (said?.startsWith("+OK") === true) {
          assert(isAll, `${left} is left after +OK`);
          outcomes.told++;
        }
        // Another takes over at once. What the database was still doing may be done now, and nothing comes back.
        using again = await other.logIn(user);
        const later = await leftOf(mail, user);
        assert(later === all || (!isAll && later === none), `${left}, then ${later} is left`);
        outcomes[later === all ? "all" : "none"]++;
        assertMatch(await again.command("QUIT") ?? "", /^\+OK/);
      } finally {
        await victim[Symbol.asyncDispose]();
        [victim, other] = [other, processes.use(await next)];
      }
    }
    console.log(`${ROUNDS} kills: ${JSON.stringify(outcomes)}`);
    assert(outcomes.all > 0 && outcomes.none > 0 && outcomes.told > 0);
  },
);

testEachWay(
  "a process is killed while it has the lease: another has the mailbox when that has lapsed",
  async (database) => {
    for (const verdict of ["cut-answer", "cut-query"] as const) {
      await using mail = await filled(database);
      await mail.sql("delete from pop3svc.lease");
      const before = await count(mail);
      using proxy = new CuttingProxy(database.port);
      const url = database.url("server", proxy.port);
      await using first = await ServerProcess.start({ url, leaseTime: 2 });
      await using second = await ServerProcess.start({ url: mail.serverUrl, leaseTime: 2 });
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
      await inTime(quitting.promise);
      assertEquals(await quitWith(client), null);
      await assertRejects(() => second.logIn(), Error, "[IN-USE]");
      await untilLapsed(mail);
      using again = await second.logIn();
      const left = before - (verdict === "cut-query" ? 0 : 2);
      assertMatch(await again.command("STAT") ?? "", new RegExp(`^\\+OK ${left} `));
      await mail.sql("delete from pop3svc.account; delete from pop3svc.mailbox");
    }
  },
);
