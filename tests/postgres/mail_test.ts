/** Mail in PostgreSQL: the conformance suite, and what a session costs. */
import { assertEquals, assertRejects } from "@std/assert";
import {
  deliver,
  PostgresDatabase,
  PostgresProvider,
  type PostgresProviderOptions,
} from "../../lib/postgres/mod.ts";
import type { Pop3Event } from "../../lib/events/events.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import { testConnectionInfo, testMailbox } from "../../lib/testing/mailbox_conformance.ts";
import { MailDatabase } from "./mail_database.ts";
import { testWithPostgres } from "./test_postgres.ts";

for (const exclusive of [false, true]) {
  testMailbox({
    name: `PostgreSQL${exclusive ? ", with a lease" : ""}`,
    test: (name, run) => {
      // Two sessions at a time are what a lease prevents.
      if (exclusive && /from login to login|another login/.test(name)) return;
      testWithPostgres(name, run);
    },
    fill: async (messages) => {
      const mail = await MailDatabase.create(undefined, { exclusive });
      for (const message of messages) await deliver(mail.owner, "me", message);
      let last: Mailbox | null = null;
      return {
        async open() {
          // A session ends before the next.
          if (exclusive) await last?.release?.(testConnectionInfo());
          last = await mail.open();
          return last;
        },
        openReadOnly: () => mail.open({ readOnly: true }),
        removeBehindItsBack: async (uniqueId) => {
          await mail.sql(`delete from pop3svc.message where unique_id = '${uniqueId}'`);
        },
        [Symbol.asyncDispose]: () => mail[Symbol.asyncDispose](),
      };
    },
  });
}

testWithPostgres(
  "a message that is deleted while it is read ends with an error, not as if it were whole",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await deliver(mail.owner, "me", "x".repeat(70).concat("\r\n").repeat(30_000));
    const mailbox = await mail.open();
    const info = testConnectionInfo();
    const [uniqueId = ""] = await mailbox.listMessageUniqueIds(info);
    const body = openBody(await mailbox.messageContents(info, uniqueId));
    await body.nextChunk();
    await mail.sql("delete from pop3svc.message");
    await assertRejects(async () => await body.nextChunk(), Error, "deleted while it was read");
    await body.close();
  },
);

testWithPostgres(
  "a session asks two questions, one for a mailbox that did not change, and four with a lease",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await deliver(mail.owner, "me", "Subject: x\n");
    const sessionWith = async (options: PostgresProviderOptions, sessions: number) => {
      const events: Pop3Event[] = [];
      await using opened = new PostgresDatabase(mail.serverUrl, {
        onEvent: (event) => events.push(event),
      });
      await using provider = new PostgresProvider(opened, options);
      // Else the first login asks for the version of the tables.
      await provider.check();
      for (let session = 0; session < sessions; session++) {
        events.length = 0;
        const info = testConnectionInfo();
        const mailbox = await provider.authenticate(info, "me", "passw0rd");
        const uniqueIds = await mailbox?.listMessageUniqueIds(info) ?? [];
        await mailbox?.messageSizes?.(info, uniqueIds);
        if (options.exclusive === true) await mailbox?.messageDelete(info, uniqueIds);
        await mailbox?.release?.(info);
      }
      return events.flatMap((event) => event.type === "store-query" ? [event.operation] : []);
    };
    assertEquals(await sessionWith({}, 1), ["account", "list"]);
    assertEquals(await sessionWith({}, 2), ["account"]);
    assertEquals(await sessionWith({ exclusive: true }, 1), [
      "account",
      "list",
      "delete",
      "release",
    ]);
  },
);

testWithPostgres(
  "WAKE asks one question of a mailbox that did not change, and sees a delivery",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await deliver(mail.owner, "me", "Subject: x\n");
    const events: Pop3Event[] = [];
    await using opened = new PostgresDatabase(mail.serverUrl, {
      onEvent: (event) => events.push(event),
    });
    await using provider = new PostgresProvider(opened);
    const info = testConnectionInfo();
    const first = await provider.authenticate(info, "me", "passw0rd");
    await first?.listMessageUniqueIds(info);
    events.length = 0;
    const second = await provider.reopenMailbox(info, "me");
    assertEquals((await second?.listMessageUniqueIds(info))?.length, 1);
    assertEquals(events.length, 1);
    await deliver(mail.owner, "me", "Subject: y\n");
    const third = await provider.reopenMailbox(info, "me");
    assertEquals((await third?.listMessageUniqueIds(info))?.length, 2);
    await mail.sql("update pop3svc.account set password = '{PLAIN}other'");
    assertEquals(await provider.reopenMailbox(info, "me"), null);
  },
);

testWithPostgres(
  "accounts of another program: NULL stands for the mailbox with the name of the user",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await deliver(mail.delivery, "me", "Subject: x\n");
    await mail.sql(`create table account (name varchar(80), password text);
      insert into account values ('me', '{PLAIN}passw0rd');
      grant select on account to server`);
    const query = "select password, null as mailbox from account where name = $1";
    const mailbox = await mail.open({ query });
    assertEquals((await mailbox.listMessageUniqueIds(testConnectionInfo())).length, 1);
  },
);
