/** Mail in PostgreSQL: the conformance suite, delivery, rights, and what a session costs. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccountExistsError,
  addAccount,
  checkSchema,
  deliver,
  importMailbox,
  migrate,
  NoSuchUserError,
  PostgresDatabase,
  PostgresProvider,
  type PostgresProviderOptions,
} from "../../lib/postgres/mod.ts";
import type { Pop3Event } from "../../lib/events/events.ts";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { isClean } from "../../lib/protocol/reply.ts";
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
  "a message of any size comes back as it is, with its size and cleanness",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    const line = "x".repeat(70) + "\r\n";
    const large = line.repeat(30_000);
    const { octets } = await deliver(mail.owner, "me", large);
    assertEquals(octets, large.length);
    await deliver(mail.owner, "me", ".dot\n");
    await deliver(mail.owner, "me", "");
    const mailbox = await mail.open();
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const contents: string[] = [];
    const clean: boolean[] = [];
    for (const uniqueId of uniqueIds) {
      const body = openBody(await mailbox.messageContents(info, uniqueId));
      clean.push(isClean(body));
      let text = "";
      for (let chunk = await body.nextChunk(); chunk !== null; chunk = await body.nextChunk()) {
        text += new TextDecoder().decode(chunk);
      }
      contents.push(text);
      await body.close();
    }
    assertEquals(contents.map((each) => each.length), [large.length, 5, 0]);
    assert(contents[0] === large);
    assertEquals(clean, [true, false, true]);
  },
);

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
  "nobody gets mail who is not there, and an account is added once",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await assertRejects(() => deliver(mail.owner, "you", "Subject: x\n"), NoSuchUserError);
    await assertRejects(() => deliver(mail.owner, "a\0b", "Subject: x\n"), NoSuchUserError);
    await assertRejects(() => addAccount(mail.owner, "ME", "{PLAIN}x"), AccountExistsError);
    await assertRejects(() => addAccount(mail.owner, "you", "{NONE}x"), SyntaxError);
  },
);

testWithPostgres(
  "an import keeps unique ids and order, and adds only what is missing",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    const old = new MemoryMailbox({ b: "Subject: one\n", a: "Subject: two\n" });
    assertEquals(await importMailbox(mail.owner, "Me", old), { added: 2, known: 0 });
    old.add("c", "Subject: three\n");
    assertEquals(await importMailbox(mail.owner, "me", old), { added: 1, known: 2 });
    const mailbox = await mail.open();
    assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), ["b", "a", "c"]);
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
  "the server's role may serve, and may neither change tables nor read more than it needs",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await deliver(mail.delivery, "me", "Subject: x\n");
    const mailbox = await mail.open();
    const info = testConnectionInfo();
    await mailbox.messageDelete(info, await mailbox.listMessageUniqueIds(info));
    assertEquals(await mail.sql("select count(*) from pop3svc.chunk"), ["0"]);
    for (
      const forbidden of [
        "alter table pop3svc.message add x text",
        "drop table pop3svc.message",
        "create table pop3svc.x ()",
        "update pop3svc.account set password = '{PLAIN}x'",
        "insert into pop3svc.message (mailbox, body, unique_id, octets, is_clean) values (1, 1, 'x', 1, true)",
        "update pop3svc.message set octets = 1",
        "drop schema pop3svc cascade",
      ]
    ) await assertRejects(() => mail.database.sql(forbidden, "server"), Error, "", forbidden);
    await assertRejects(() => migrate(mail.opened), Error);
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
    await assertRejects(() => checkSchema(mail.opened), Error, "1000");
  },
);
