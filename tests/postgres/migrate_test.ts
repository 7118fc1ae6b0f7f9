/** The tables, their version, and what the roles may do with them. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  checkSchema,
  deliver,
  migrate,
  PostgresDatabase,
  PostgresProvider,
  SchemaVersionError,
} from "../../lib/postgres/mod.ts";
import { queriesOf } from "../../lib/postgres/postgres_database.ts";
import { testConnectionInfo } from "../../lib/testing/mailbox_conformance.ts";
import { untilSql } from "./machine.ts";
import { MailDatabase } from "./mail_database.ts";
import { testWithPostgres } from "./test_postgres.ts";

/** What a role may do; the other role may do nothing of it that is not in its own list. */
const SERVER: readonly string[] = [
  "select password, mailbox from pop3svc.account",
  "select octets from pop3svc.chunk",
  "delete from pop3svc.message",
  "delete from pop3svc.lease",
  "select * from pop3svc.deletion",
  "delete from pop3svc.strike",
];
const DELIVERY: readonly string[] = [
  "insert into pop3svc.mailbox (name) values ('new')",
  "select nextval('pop3svc.body')",
  "select pop3svc.add_message(id, 1000000, null, 1, true) from pop3svc.mailbox where name = 'me'",
];
const BOTH: readonly string[] = [
  "select name, mailbox from pop3svc.account",
  // The query of deploy/cluster/secrets.sh, for Postfix.
  "select 1 from pop3svc.account where name = lower('%s')",
  "select number from pop3svc.version",
  "select id, name from pop3svc.mailbox",
  "update pop3svc.mailbox set version = gen_random_uuid()",
  "select unique_id from pop3svc.message",
];
const NEITHER: readonly string[] = [
  "insert into pop3svc.account values ('x', '{PLAIN}x', 'x')",
  "update pop3svc.account set password = '{PLAIN}x'",
  "delete from pop3svc.account",
  "update pop3svc.mailbox set name = 'x'",
  "delete from pop3svc.mailbox",
  "update pop3svc.message set octets = 1",
  "update pop3svc.chunk set octets = ''",
  "delete from pop3svc.chunk",
  "insert into pop3svc.version values (2)",
  "delete from pop3svc.version",
  "alter table pop3svc.message add x text",
  "drop table pop3svc.message",
  "create table pop3svc.x ()",
  "create function pop3svc.x() returns int language sql as 'select 1'",
  "drop schema pop3svc cascade",
];
/** Of mail, the role of deliveries knows no more than unique ids; of the rest, nothing. */
const SECRET_FOR_DELIVERY: readonly string[] = [
  "select password from pop3svc.account",
  "select body from pop3svc.message",
  "select octets from pop3svc.message",
  "select mailbox from pop3svc.message",
  "select body from pop3svc.chunk",
  "select version from pop3svc.mailbox",
  "select address from pop3svc.strike",
  "select token from pop3svc.lease",
  "insert into pop3svc.lease select id, gen_random_uuid(), gen_random_uuid(), now() from pop3svc.mailbox",
  "insert into pop3svc.strike (holder, address, is_lift) values (gen_random_uuid(), '192.0.2.1', false)",
  "select pop3svc.outcome(gen_random_uuid())",
];

testWithPostgres(
  "each role may do what it needs, and nothing else, whatever it was granted before",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await deliver(mail.delivery, "me", "Subject: x\n");
    // What an older version has granted, and more.
    await mail.sql("grant all on all tables in schema pop3svc to server, delivery");
    await mail.sql("grant update (password) on pop3svc.account to server, delivery");
    await mail.sql("grant all on schema pop3svc to server, delivery");
    await mail.sql("grant all on all sequences in schema pop3svc to server, delivery");
    await migrate(mail.owner, { serverRole: "server", deliveryRole: "delivery" });
    const run = (statement: string, role: PostgresDatabase) =>
      queriesOf(role).run("rights", async (queries) => {
        await queries.query("begin");
        try {
          await queries.query(statement);
        } finally {
          await queries.query("rollback");
        }
      });
    const refused = async (statement: string, role: PostgresDatabase) => {
      const error = await assertRejects(() => run(statement, role), Error, undefined, statement);
      assertMatch(error.message, /permission denied|must be owner/, statement);
    };
    const { opened, delivery } = mail;
    for (const statement of [...SERVER, ...BOTH]) await run(statement, opened);
    for (const statement of [...DELIVERY, ...BOTH]) await run(statement, delivery);
    for (const statement of [...DELIVERY, ...NEITHER]) await refused(statement, opened);
    for (const statement of [...SERVER, ...NEITHER, ...SECRET_FOR_DELIVERY]) {
      await refused(statement, delivery);
    }
    await assertRejects(() => migrate(mail.opened), Error, "permission denied");
    // All of it together.
    await deliver(mail.delivery, "me", "Subject: x\n".repeat(20_000));
    const mailbox = await mail.open({ exclusive: true });
    const info = testConnectionInfo();
    await mailbox.messageDelete(info, await mailbox.listMessageUniqueIds(info));
    await mailbox.release?.(info);
    assertEquals(await mail.sql("select count(*) from pop3svc.chunk"), ["0"]);
  },
);

testWithPostgres(
  "one role may be all: it serves and delivers, and the owner of the tables loses nothing",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await migrate(mail.owner, { serverRole: "server", deliveryRole: "server" });
    await deliver(mail.opened, "me", "Subject: x\n");
    assertEquals(
      (await (await mail.open()).listMessageUniqueIds(testConnectionInfo())).length,
      1,
    );
    await migrate(mail.owner, { serverRole: "postgres" });
    assertEquals(
      await mail.sql(
        "select has_table_privilege('postgres', 'pop3svc.account', 'insert'), count(*) > 0 from aclexplode((select relacl from pg_class where oid = 'pop3svc.account'::regclass)) where grantee = 'postgres'::regrole and privilege_type = 'INSERT'",
      ),
      ["t|t"],
    );
  },
);

testWithPostgres(
  "migrate can be run again, and knows when the tables are newer",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    assertEquals(await migrate(mail.owner), { from: 1, to: 1 });
    await checkSchema(mail.opened);
    await mail.sql("insert into pop3svc.version values (1000)");
    await assertRejects(() => migrate(mail.owner), RangeError, "1000");
    await assertRejects(() => checkSchema(mail.opened), SchemaVersionError, "1000");
  },
);

testWithPostgres(
  "migrate waits for longer than a query may take",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await using owner = new PostgresDatabase(database.url(), { queryTimeout: 0.1 });
    const [locked, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = queriesOf(mail.owner).run("lock", async (queries) => {
      await queries.query("select pg_advisory_lock(hashtext('pop3svc migrate'))");
      locked.resolve();
      await done.promise;
      await queries.query("select pg_advisory_unlock_all()");
    });
    await locked.promise;
    const migrating = migrate(owner);
    const waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted";
    await untilSql(mail, waiting, "1");
    await mail.sql("select pg_sleep(0.2)");
    done.resolve();
    assertEquals(await migrating, { from: 1, to: 1 });
    await holding;
  },
);

testWithPostgres(
  "nobody is let in, and nothing is delivered, while the tables have another version",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await mail.sql("insert into pop3svc.version values (1000)");
    await using provider = new PostgresProvider(mail.opened);
    const logIn = async () => await provider.authenticate(testConnectionInfo(), "me", "passw0rd");
    await assertRejects(logIn, SchemaVersionError, "1000");
    await assertRejects(() => deliver(mail.delivery, "me", "Subject: x\n"), SchemaVersionError);
    await mail.sql("delete from pop3svc.version where number = 1000");
    assert(await logIn() !== null);
    await deliver(mail.delivery, "me", "Subject: x\n");
    // A server that runs goes on while the tables are changed.
    await mail.sql("insert into pop3svc.version values (1000)");
    assert(await logIn() !== null);
  },
);
