/** A pool and a provider of its own in the process of the tests, as another machine has them. */
import type { Pop3Event } from "../../lib/events/events.ts";
import {
  addAccount,
  deliver,
  PostgresDatabase,
  type PostgresDatabaseOptions,
  PostgresProvider,
  type PostgresProviderOptions,
} from "../../lib/postgres/mod.ts";
import { queriesOf } from "../../lib/postgres/postgres_database.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mailbox_conformance.ts";
import { MailDatabase } from "./mail_database.ts";
import type { TestDatabase } from "./test_postgres.ts";

export const info = testConnectionInfo();

export class Machine implements AsyncDisposable {
  readonly database: PostgresDatabase;
  readonly provider: PostgresProvider;
  readonly events: Pop3Event[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(
    url: string,
    options: PostgresProviderOptions = {},
    limits: PostgresDatabaseOptions = {},
  ) {
    const onEvent = (event: Pop3Event) => {
      this.events.push(event);
      for (const look of this.#waiting) look();
    };
    this.database = new PostgresDatabase(url, {
      connections: 3,
      connectTimeout: 1,
      ...limits,
      onEvent,
    });
    this.provider = new PostgresProvider(this.database, options);
  }

  async logIn(
    username = "me",
  ): Promise<{ readonly mailbox: Mailbox; readonly uniqueIds: readonly string[] }> {
    const mailbox = await this.provider.authenticate(info, username, "passw0rd");
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

  /** Waits, for some seconds at most, until the database answers. */
  async untilHealthy(): Promise<void> {
    for (let tries = 0; await this.database.health() !== null; tries++) {
      if (tries === 100) throw new Error("the database does not answer");
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }
}

/** A second user, with one message. */
export async function addYou(mail: MailDatabase): Promise<void> {
  await addAccount(mail.owner, "you", "{PLAIN}passw0rd");
  await deliver(mail.owner, "you", "Subject: e\n");
}

/** A database whose user `me` has four messages. */
export async function filled(database: TestDatabase): Promise<MailDatabase> {
  const mail = await MailDatabase.create(database);
  for (const subject of ["a", "b", "c", "d"]) {
    await deliver(mail.owner, "me", `Subject: ${subject}\n`);
  }
  return mail;
}

/** How many messages there are. */
export async function count(mail: MailDatabase): Promise<number> {
  return Number((await mail.sql("select count(*) from pop3svc.message"))[0]);
}

/** Waits, for some seconds at most, until a query gives this. */
export async function untilSql(mail: MailDatabase, query: string, wanted: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [found] = await mail.sql(query);
    if (found === wanted) return;
    await mail.sql("select pg_sleep(0.05)");
  }
  throw new Error(`not ${wanted} in time: ${query}`);
}

/** Waits until all leases have lapsed by the clock of the database. */
export async function untilLapsed(mail: MailDatabase): Promise<void> {
  await mail.sql(
    "select pg_sleep(greatest(0, extract(epoch from max(expires_at) - clock_timestamp()))) from pop3svc.lease",
  );
}

/** What a promise gives; an error where it gives nothing for long, so that a test fails and does not hang. */
export async function inTime<T>(promise: Promise<T>, milliseconds = 20_000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const patience = setTimeout(() => reject(new Error("nothing has happened")), milliseconds);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(patience);
  }
}

/**
 * Makes each deletion of a message of `me` wait for as long as what is returned is not disposed of: another session holds a
 * lock.
 */
export async function slowDeletions(mail: MailDatabase): Promise<AsyncDisposable> {
  await mail.sql(`
    create function pop3svc.slow() returns trigger language plpgsql as $$
    begin
      if old.mailbox = (select id from pop3svc.mailbox where name = 'me') then
        perform pg_advisory_xact_lock_shared(7);
      end if;
      return old;
    end $$;
    create trigger slow before delete on pop3svc.message for each row execute function pop3svc.slow()`);
  const [locked, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = queriesOf(mail.owner).run("lock", async (queries) => {
    await queries.query("select pg_advisory_lock(7)");
    locked.resolve();
    await done.promise;
    await queries.query("select pg_advisory_unlock(7)");
  });
  await locked.promise;
  return {
    async [Symbol.asyncDispose]() {
      done.resolve();
      // Nothing is locked any more where the database was stopped meanwhile.
      await holding.catch(() => {});
    },
  };
}

/** The sessions that wait for that lock. */
export const WAITING_DELETIONS =
  "select count(*) from pg_locks where locktype = 'advisory' and not granted";
