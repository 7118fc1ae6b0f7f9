/** What a login sees of a mailbox to which other programs have delivered, or in which they have moved messages. */
import { assert, assertEquals } from "@std/assert";
import { MANY, OLD, PART, TestedMailbox } from "./changing_mailbox.ts";

Deno.test("one delivery: a Maildir lists and looks at the files of the folder that has changed alone", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  await mailbox.login();
  for (let number = 0; number < 3; number++) {
    const [tmp, to] = [mailbox.inMailbox("tmp/x"), mailbox.inMailbox(`new/n${number}`)];
    await Deno.writeTextFile(tmp, "new");
    await Deno.utime(tmp, OLD + 9_999, OLD + 9_999);
    await Deno.rename(tmp, to);
    await Deno.utime(mailbox.inMailbox("new"), OLD + number + 1, OLD + number + 1);
    const { ids, sizeOf, listed, looked } = await mailbox.login();
    assertEquals([ids.length, sizeOf(`n${number}`)], [MANY + number + 1, 5]);
    assertEquals([listed, looked], [["new"], number + 1]);
  }
  // Another process begins with the folder that has not changed.
  mailbox.restart();
  const { ids, listed } = await mailbox.login();
  assertEquals([ids.length, listed], [MANY + 3, ["new"]]);
});

for (const isAfter of [false, true]) {
  const when = isAfter ? "after" : "before";
  Deno.test(`a message that is moved from new to cur ${when} new is listed is served, although cur was not to be listed`, async () => {
    await using mailbox = await TestedMailbox.create("maildir", MANY);
    await mailbox.login();
    const place = mailbox.inMailbox("new/n1");
    await Deno.writeTextFile(place, "new");
    mailbox[when] = (folder) => {
      mailbox[when] = () => {};
      assertEquals(folder, "new");
      Deno.renameSync(place, mailbox.path("n1:2,S"));
    };
    const { ids, listed, mailbox: login, info } = await mailbox.login();
    assertEquals([ids.length, ids.includes("n1")], [MANY + 1, true]);
    // To count its size, it may have to be found.
    assertEquals(listed.slice(0, 2), ["new", "cur"]);
    assert(await login.messageExists(info, "n1"));
    assertEquals((await mailbox.login()).ids, ids);
  });
}

Deno.test("a known message that is moved from new to cur while new is listed keeps its derived id", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  // Another message has the name, and so the id.
  await Deno.writeTextFile(mailbox.inMailbox("new/m5"), "namesake");
  const { ids } = await mailbox.login();
  mailbox.rest();
  await mailbox.login();
  await Deno.writeTextFile(mailbox.inMailbox("new/late"), "late");
  mailbox.before = () => {
    mailbox.before = () => {};
    Deno.renameSync(mailbox.inMailbox("new/m5"), mailbox.path("m5:2,S"));
  };
  const during = await mailbox.login();
  assertEquals(ids.filter((id) => !during.ids.includes(id)), []);
  assertEquals(during.ids.length, ids.length + 1);
  assertEquals((await mailbox.login()).ids, during.ids);
});

Deno.test("a message that is moved from cur to new after new was listed is served", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  mailbox.after = () => {
    mailbox.after = () => {};
    Deno.renameSync(mailbox.path("m7"), mailbox.inMailbox("new/m7"));
  };
  const { ids, listed } = await mailbox.login();
  assertEquals([ids.length, ids.includes("m7")], [MANY, true]);
  assertEquals(listed, ["new", "cur", "new"]);
});

Deno.test("one delivery: a folder is listed, and a part of its files is looked at", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  for (let number = 0; number < 3; number++) {
    mailbox.write(`n${number}`, "new", OLD + 9_999 + number);
    const { ids, sizeOf, looked } = await mailbox.login();
    assertEquals([ids.length, ids.at(-1), sizeOf(`n${number}`)], [
      MANY + number + 1,
      `n${number}`,
      5,
    ]);
    assert(looked <= PART + 5, `${looked} looks`);
  }
});

Deno.test("a known file is left out once another file shows that it is an mbox", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  mailbox.write("m9.msf", "", OLD);
  const { ids } = await mailbox.login();
  assertEquals([ids.length, ids.includes("m9")], [MANY - 1, false]);
});

Deno.test("an id that the index still has for a message that is gone is stored before a client gets another", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  mailbox.rest();
  await mailbox.login();
  await Deno.remove(mailbox.path("m9"));
  await mailbox.login();
  mailbox.write("m9", "another", OLD + 9_999);
  const before = await mailbox.login();
  const [last = ""] = before.ids.slice(-1);
  assertEquals(before.sizeOf(last), 9);
  mailbox.restart();
  const after = await mailbox.login();
  assertEquals(after.ids, before.ids);
});

Deno.test("numbers are those of a first list, wherever new messages sort in", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  mailbox.write("b", "b", OLD + 10);
  mailbox.write("zz", "zz", OLD + 10);
  mailbox.write("first", "first", OLD - 1);
  await Deno.remove(mailbox.path("m100"));
  const { ids, sizes } = await mailbox.login();
  const known = mailbox.restart();
  assert(known !== null);
  await Deno.remove(mailbox.path(".pop3svc"), { recursive: true });
  const first = await mailbox.login();
  assertEquals([first.ids, first.sizes], [ids, sizes]);
});
