/** What a login sees of a mailbox whose files other programs have replaced or changed since the last one. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { loginsUntil, MANY, OLD, TestedMailbox, WHOLE_ROUND } from "./changing_mailbox.ts";

for (const kind of ["folder", "maildir"] as const) {
  for (const count of [10, MANY]) {
    // A small mailbox is looked at whole.
    const most = count === 10 ? 1 : WHOLE_ROUND;

    const replacements = {
      "another file is renamed over a message": (mailbox: TestedMailbox) => {
        mailbox.write("other", "y", OLD + 6);
        Deno.renameSync(mailbox.path("other"), mailbox.path("m5"));
      },
      "a message is removed and made again": (mailbox: TestedMailbox) => {
        // The new file must not get the same inode.
        mailbox.write("other", "y", OLD + 6);
        Deno.removeSync(mailbox.path("m5"));
        Deno.renameSync(mailbox.path("other"), mailbox.path("m5"));
      },
    };
    for (const [what, replace] of Object.entries(replacements)) {
      Deno.test(`${kind} of ${count}: ${what}, with the same size: it gets another id`, async () => {
        await using mailbox = await TestedMailbox.create(kind, count);
        const before = await mailbox.login();
        replace(mailbox);
        mailbox.rest(OLD + 1);
        // A session that saw the old message neither reads nor deletes the new one.
        await assertRejects(
          async () => await before.mailbox.messageContents(before.info, "m5"),
          Pop3ResponseError,
        );
        const after = await mailbox.login();
        assertEquals(after.ids.length, count);
        assertEquals(after.ids.includes("m5"), false);
      });

      Deno.test(`${kind} of ${count}: ${what}, and nobody reads it: a login notices`, async () => {
        await using mailbox = await TestedMailbox.create(kind, count);
        await mailbox.login();
        replace(mailbox);
        mailbox.rest(OLD + 1);
        const logins = await loginsUntil(mailbox, ({ ids }) => !ids.includes("m5"));
        assert(logins <= most, `${logins} logins`);
      });
    }

    Deno.test(`${kind} of ${count}: a file with the same name, size and time is the same message, and its octets are its own`, async () => {
      await using mailbox = await TestedMailbox.create(kind, count);
      const before = await mailbox.login();
      mailbox.write("other", "y", OLD + 5);
      await Deno.rename(mailbox.path("other"), mailbox.path("m5"));
      mailbox.rest(OLD + 1);
      await assertRejects(
        async () => await before.mailbox.messageContents(before.info, "m5"),
        Pop3ResponseError,
      );
      const { ids, mailbox: after, info } = await mailbox.login();
      assert(ids.includes("m5"));
      const body = await after.messageContents(info, "m5");
      assert(body !== null && typeof body === "object" && "nextChunk" in body);
      assertEquals(new TextDecoder().decode(await body.nextChunk() ?? undefined), "y");
      await body.close();
    });

    Deno.test(`${kind} of ${count}: a message that is changed in place`, async () => {
      await using mailbox = await TestedMailbox.create(kind, count);
      const before = await mailbox.login();
      await Deno.writeTextFile(mailbox.path("m4"), "longer");
      await assertRejects(
        async () => await before.mailbox.messageContents(before.info, "m4"),
        Pop3ResponseError,
      );
      const { ids, sizes } = await mailbox.login();
      assertEquals([ids.length, ids.includes("m4")], [count, false]);
      assertEquals(sizes.filter((size) => size === 8).length, 1);
    });

    Deno.test(`${kind} of ${count}: a young message of the same size, changed in place, is noticed with the next delivery`, async () => {
      await using mailbox = await TestedMailbox.create(kind, count);
      const now = Date.now() / 1_000 - 10;
      mailbox.write("young", "young", now);
      // The next change of the folder may come within the same tick.
      mailbox.rest();
      const { sizeOf } = await mailbox.login();
      assertEquals(sizeOf("young"), 7);
      mailbox.write("young", "YOUNG", now + 1);
      mailbox.write("late", "late", OLD + 9_999);
      const { ids } = await mailbox.login();
      assertEquals([ids.length, ids.includes("young")], [count + 2, false]);
    });
  }
}

Deno.test("the time of a folder that was set back hides nothing", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  await mailbox.login();
  mailbox.write("late", "late", OLD + 9_999);
  await Deno.remove(mailbox.path("m3"));
  mailbox.rest();
  mailbox.changed = 1;
  const { ids, sizeOf } = await mailbox.login();
  assertEquals([ids.length, ids.includes("m3"), ids.at(-1)], [MANY, false, "late"]);
  assertEquals([sizeOf("late"), sizeOf("m1")], [6, 3]);
});

Deno.test("cur is renamed away and back, and another folder is put in its place", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  const [cur, away] = [mailbox.inMailbox("cur"), mailbox.inMailbox("away")];
  const { ids } = await mailbox.login();
  await Deno.rename(cur, away);
  assertEquals((await mailbox.login()).ids, []);
  await Deno.mkdir(cur);
  mailbox.write("m7", "another", OLD);
  mailbox.rest();
  const other = await mailbox.login();
  assertEquals([other.ids.length, other.sizes], [1, [9]]);
  await Deno.remove(cur, { recursive: true });
  await Deno.rename(away, cur);
  const back = await mailbox.login();
  assertEquals(back.ids.length, ids.length);
  assertEquals(back.sizes.every((size) => size === 3), true);
});

Deno.test("after a look at all files of a large mailbox, a restart need not list it", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  // A part of the names is looked at after this change.
  mailbox.write("late", "late", OLD + 9_999);
  mailbox.rest(OLD + 1);
  await mailbox.login();
  const [kept = ""] = (await mailbox.login()).ids;
  // The changed file gets an id that does not follow from its name alone, so the index is written at once.
  await Deno.writeTextFile(mailbox.path(kept), "another text");
  const { info, mailbox: login } = await mailbox.login();
  await assertRejects(async () => await login.messageContents(info, kept), Pop3ResponseError);
  const { ids } = await mailbox.login();
  mailbox.restart();
  const after = await mailbox.login();
  assertEquals([after.ids, after.listed], [ids, []]);
});

Deno.test("a replaced message in cur is noticed while mail is delivered to new before each login", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  await mailbox.login();
  mailbox.write("other", "y", OLD + 6);
  await Deno.rename(mailbox.path("other"), mailbox.path("m5"));
  mailbox.rest(OLD + 1);
  let number = 0;
  const deliver = () => {
    Deno.writeTextFileSync(mailbox.inMailbox(`new/n${number}`), "new");
    Deno.utimeSync(mailbox.inMailbox("new"), OLD + 2 + number, OLD + 2 + number++);
  };
  const logins = await loginsUntil(mailbox, ({ ids }) => {
    deliver();
    return !ids.includes("m5");
  });
  assert(logins <= WHOLE_ROUND, `${logins} logins`);
});

Deno.test("a replaced message in cur is noticed, although new, which alone is listed, has known messages", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  for (let number = 0; number < 5; number++) {
    mailbox.write(`old${number}`, "old", OLD - 10 + number);
    await Deno.rename(mailbox.path(`old${number}`), mailbox.inMailbox(`new/old${number}`));
  }
  mailbox.rest();
  await mailbox.login();
  mailbox.write("other", "y", OLD + 700);
  await Deno.rename(mailbox.path("other"), mailbox.path("m699"));
  mailbox.rest(OLD + 1);
  let number = 0;
  const logins = await loginsUntil(mailbox, ({ ids, listed }) => {
    assert(number < 2 || listed.length === 1 && listed[0] === "new" || !ids.includes("m699"));
    Deno.writeTextFileSync(mailbox.inMailbox("new/young"), `${number}`);
    Deno.utimeSync(mailbox.inMailbox("new"), OLD + 2 + number, OLD + 2 + number++);
    return !ids.includes("m699");
  });
  assert(logins <= WHOLE_ROUND, `${logins} logins`);
});
