/** How messages get into the database: `deliver` and `importMailbox`. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccountExistsError,
  addAccount,
  deliver,
  importMailbox,
  NoSuchUserError,
  PostgresDatabase,
} from "../../lib/postgres/mod.ts";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import { isClean } from "../../lib/protocol/reply.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import { testConnectionInfo } from "../../lib/testing/mailbox_conformance.ts";
import { untilSql } from "./machine.ts";
import { MailDatabase } from "./mail_database.ts";
import { testWithPostgres } from "./test_postgres.ts";

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
  "a message that is delivered in pieces lies in chunks that are full, except the last",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    await using opened = new PostgresDatabase(database.url("delivery"), { connections: 1 });
    // A body in pieces that end nowhere near a chunk.
    const pieces = async function* (octets: number) {
      for (let left = octets; left > 0; left -= 50_000) {
        yield new Uint8Array(Math.min(left, 50_000)).fill(120);
      }
    };
    for (const octets of [0, 1, 65_536, 65_537, 200_000]) {
      await deliver(opened, "me", pieces(octets), { uniqueId: `of-${octets}` });
    }
    assertEquals(
      await mail.sql(
        `select unique_id, m.octets, string_agg(length(c.octets)::text, ' ' order by number)
          from pop3svc.message as m left join pop3svc.chunk as c using (body) group by m.id order by m.id`,
      ),
      [
        "of-0|0|",
        "of-1|3|1",
        "of-65536|65538|65536",
        "of-65537|65539|65536 1",
        "of-200000|200002|65536 65536 65536 3392",
      ],
    );
  },
);

testWithPostgres(
  "a slow sender keeps no transaction open with a small message, and loses it with a large one when that is given up",
  async (database) => {
    await using mail = await MailDatabase.create(database);
    const asked = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const body = (octets: number) =>
      async function* () {
        yield new Uint8Array(octets).fill(120);
        asked.resolve();
        await stopped.promise;
      }();
    const open =
      "select count(*) from pg_stat_activity where usename = 'delivery' and state like 'idle in transaction%'";
    const small = deliver(mail.delivery, "me", body(10));
    await asked.promise;
    assertEquals(await mail.sql(open), ["0"]);
    await using other = new PostgresDatabase(database.url("delivery"), { connections: 1 });
    const large = deliver(other, "me", body(100_000));
    await untilSql(mail, open, "1");
    // As the time limit of the transaction does.
    await mail.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'delivery' and state like 'idle in transaction%'",
    );
    stopped.resolve();
    await assertRejects(() => large);
    await small;
    assertEquals(await mail.sql("select count(*) from pop3svc.message"), ["1"]);
  },
);
