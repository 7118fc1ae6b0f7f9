/**
 * Accounts from SQL, with mail in Maildirs. The tables are those of postfixadmin, mailcow and iRedMail as far as a
 * POP3 server needs them; the queries are the ones of docs/cluster.md.
 */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import type { Pop3Event } from "../../lib/events/events.ts";
import { PostgresDatabase, SqlAccounts } from "../../lib/postgres/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mailbox_conformance.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { type TestDatabase, testWithPostgres } from "./test_postgres.ts";

const page = await Deno.readTextFile(new URL("../../docs/cluster.md", import.meta.url));

/** The query that the page shows under the name of a program, with its `/var/vmail` somewhere else. */
function queryOf(program: string, vmail: string): string {
  const [, query = ""] =
    new RegExp(`${program}[\\s\\S]*?\`\`\`sql\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  return query.replaceAll("/var/vmail", vmail);
}

const bcrypt = await hashPassword("passw0rd", "bcrypt");

const programs = [
  {
    name: "postfixadmin",
    maildir: "example.org/ann",
    tables: `
      create table mailbox (username varchar(255) primary key, password varchar(255) not null,
        name varchar(255), maildir varchar(255) not null, quota bigint default 0, domain varchar(255),
        active boolean not null);
      insert into mailbox values ('ann@example.org', '${bcrypt}', 'Ann', 'example.org/ann/', 0, 'example.org', true),
        ('off@example.org', '${bcrypt}', 'Off', 'example.org/off/', 0, 'example.org', false)`,
  },
  {
    name: "mailcow",
    maildir: "example.org/ann/Maildir",
    tables: `
      create table mailbox (username varchar(255) primary key, password varchar(255) not null,
        mailbox_path_prefix varchar(150) default '/var/vmail/', local_part varchar(255), domain varchar(255),
        attributes jsonb, active smallint not null default 1);
      insert into mailbox values
        ('ann@example.org', '${bcrypt}', '/var/vmail/', 'ann', 'example.org', '{"pop3_access": "1"}'),
        ('off@example.org', '${bcrypt}', '/var/vmail/', 'off', 'example.org', '{"pop3_access": "0"}')`,
  },
  {
    name: "iRedMail",
    maildir: "vmail1/example.org/a/n/n/ann-2026/Maildir",
    tables: `
      create table mailbox (username varchar(255) primary key, password varchar(255) not null,
        storagebasedirectory varchar(255) not null default '/var/vmail', storagenode varchar(255) default 'vmail1',
        maildir varchar(255) not null, enablepop3 int2 default 1, enablepop3secured int2 default 1,
        active int2 default 1);
      insert into mailbox values
        ('ann@example.org', '${bcrypt}', '/var/vmail', 'vmail1', 'example.org/a/n/n/ann-2026/', 1, 1),
        ('off@example.org', '${bcrypt}', '/var/vmail', 'vmail1', 'example.org/o/f/f/off-2026/', 0, 0)`,
  },
];

for (const { name, tables, maildir } of programs) {
  testWithPostgres(`the tables of ${name}: its users read their Maildirs`, async (database) => {
    await using folder = await TemporaryFolder.create();
    const path = `${folder.path}/${maildir}`;
    for (const each of ["cur", "new", "tmp"]) {
      await Deno.mkdir(`${path}/${each}`, { recursive: true });
    }
    await Deno.writeTextFile(`${path}/cur/1.ann:2,S`, "Subject: Hello\r\n\r\n");
    await database.sql(tables.replaceAll("/var/vmail", folder.path));
    await using opened = new PostgresDatabase(database.url());
    await using accounts = new SqlAccounts(opened, { query: queryOf(name, folder.path) });
    await accounts.check();
    const info = testConnectionInfo();
    const mailbox = await accounts.authenticate(info, "Ann@Example.org", "passw0rd");
    assertEquals((await mailbox?.listMessageUniqueIds(info))?.length, 1);
    assertEquals(await accounts.authenticate(info, "ann@example.org", "wrong"), null);
    assertEquals(await accounts.authenticate(info, "off@example.org", "passw0rd"), null);
    assertEquals(await accounts.authenticate(info, "nobody", "passw0rd"), null);
    assertEquals(await accounts.authenticate(info, "a\0b", "passw0rd"), null);
  });
}

async function withTable(
  database: TestDatabase,
  body: (accounts: SqlAccounts, events: readonly Pop3Event[]) => Promise<void>,
): Promise<void> {
  await database.sql(`create table account (name text, password text, mailbox text);
    insert into account values ('ann', '{PLAIN}one', null), ('two', '{PLAIN}x', null), ('two', '{PLAIN}y', null),
      ('odd', '{ODD}x', null), ('null', null, null), ('../up', '{PLAIN}one', null), ('rel', '{PLAIN}one', '../rel')`);
  await using folder = await TemporaryFolder.create();
  const events: Pop3Event[] = [];
  await using opened = new PostgresDatabase(database.url(), {
    onEvent: (event) => events.push(event),
  });
  await using accounts = new SqlAccounts(opened, {
    query: "select * from account where name = $1 -- the last line",
    mailRoot: folder.path,
  });
  await body(accounts, events);
}

testWithPostgres("two rows for a name are an error, and not a wrong password", async (database) => {
  await withTable(database, async (accounts) => {
    await assertRejects(
      async () => await accounts.authenticate(testConnectionInfo(), "two", "x"),
      Error,
      "two rows for one name",
    );
  });
});

testWithPostgres(
  "a hash that cannot be checked locks out its own user, and is reported",
  async (database) => {
    await withTable(database, async (accounts, events) => {
      const info = testConnectionInfo();
      assertEquals(await accounts.authenticate(info, "odd", "x"), null);
      assertEquals(await accounts.authenticate(info, "null", ""), null);
      const [error] = events.flatMap((event) =>
        event.type === "error" ? [String(event.error)] : []
      );
      assertStringIncludes(error ?? "", "odd cannot log in: ");
      assertEquals(await accounts.authenticate(info, "ann", "one") === null, false);
    });
  },
);

testWithPostgres(
  "neither a path nor a name leads out of the folder of mailboxes",
  async (database) => {
    await withTable(database, async (accounts) => {
      const info = testConnectionInfo();
      for (const name of ["../up", "rel"]) {
        await assertRejects(
          async () => await accounts.authenticate(info, name, "one"),
          SyntaxError,
        );
      }
    });
  },
);

testWithPostgres("a session wakes up only while its password is the same", async (database) => {
  await withTable(database, async (accounts) => {
    const info = testConnectionInfo();
    await accounts.authenticate(info, "ann", "one");
    assertEquals(await accounts.reopenMailbox(info, "ann") === null, false);
    await database.sql("update account set password = '{PLAIN}other' where name = 'ann'");
    assertEquals(await accounts.reopenMailbox(info, "ann"), null);
  });
});

testWithPostgres("the query is checked before the first login", async (database) => {
  await using opened = new PostgresDatabase(database.url());
  assertThrows(() => new SqlAccounts(opened, { query: "select 1" }), RangeError, "$1");
  await using accounts = new SqlAccounts(opened, { query: "select $1::text as password" });
  await assertRejects(() => accounts.check(), Error, "mailbox");
});

testWithPostgres(
  "a path that is not absolute is below the folder of mailboxes, and does not lead out of it; a name gets the default domain",
  async (database) => {
    await using folder = await TemporaryFolder.create();
    await Deno.mkdir(`${folder.path}/mail/a/new`, { recursive: true });
    await Deno.mkdir(`${folder.path}/mail/a/cur`);
    await Deno.writeTextFile(`${folder.path}/mail/a/new/1`, "Subject: a\n\n");
    await database.sql(`create table account (name text, password text, mailbox text);
    insert into account values ('a@example.org', '{PLAIN}p', 'maildir:a/'), ('b@example.org', '{PLAIN}p', 'a'),
      ('out@example.org', '{PLAIN}p', 'maildir:a/../../other'), ('root@example.org', '{PLAIN}p', '.')`);
    await using opened = new PostgresDatabase(database.url());
    const options = {
      query: "select password, mailbox from account where name = $1",
      mailRoot: `${folder.path}/mail`,
      defaultDomain: "example.org",
    };
    await using accounts = new SqlAccounts(opened, options);
    const info = testConnectionInfo();
    for (const name of ["A", "b", "b@example.org"]) {
      const mailbox = await accounts.authenticate(info, name, "p");
      assertEquals((await mailbox?.listMessageUniqueIds(info))?.length, 1, name);
    }
    for (const name of ["out", "root"]) {
      await assertRejects(() => accounts.authenticate(info, name, "p"), SyntaxError, "leads out");
    }
    await Deno.rename(`${folder.path}/mail`, `${folder.path}/unmounted`);
    const away = await accounts.authenticate(info, "a", "p");
    await assertRejects(async () => await away?.listMessageUniqueIds(info), Deno.errors.NotFound);
  },
);
