import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { openBody } from "../../lib/provider/message_content.ts";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function maildir(files: readonly string[]): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
  for (const [index, path] of files.entries()) {
    await Deno.writeTextFile(join(folder.path, path), "Subject: x\n\nbody\n");
    await Deno.utime(join(folder.path, path), 1_000 + index, 1_000 + index);
  }
  return folder;
}

Deno.test("messages of new and cur, never of tmp; the unique-id is the base name without flags", async () => {
  await using folder = await maildir(["new/1.a.host", "cur/2.b.host,S=17:2,FS", "tmp/3.c.host"]);
  const mailbox = maildirMailbox(folder.path);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), [
    "1.a.host",
    "2.b.host,S=17",
  ]);
});

Deno.test("a message that moves and gets flags keeps its unique-id, is read and deleted", async () => {
  await using folder = await maildir(["new/1.a.host", "cur/2.b.host:2,"]);
  const mailbox = maildirMailbox(folder.path);
  const info = testConnectionInfo();
  const before = await mailbox.listMessageUniqueIds(info);
  await Deno.rename(join(folder.path, "new/1.a.host"), join(folder.path, "cur/1.a.host:2,S"));
  await Deno.rename(join(folder.path, "cur/2.b.host:2,"), join(folder.path, "cur/2.b.host:2,ST"));
  const body = openBody(await mailbox.messageContents(info, "1.a.host"));
  assertEquals((await body.nextChunk())?.length, 17);
  await body.close();
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), before);
  assertEquals(await mailbox.messageExists(info, "2.b.host"), true);
  await mailbox.messageDelete(info, before);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), []);
  assertEquals(folder.names(), ["cur", "new", "tmp"]);
});

Deno.test("one inode in new and cur is one message, deleted under both names", async () => {
  await using folder = await maildir(["new/1.a.host"]);
  await Deno.link(join(folder.path, "new/1.a.host"), join(folder.path, "cur/1.a.host:2,S"));
  const mailbox = maildirMailbox(folder.path);
  const info = testConnectionInfo();
  assertEquals(await mailbox.listMessageUniqueIds(info), ["1.a.host"]);
  await mailbox.messageDelete(info, ["1.a.host"]);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), []);
  assertEquals([folder.names("new"), folder.names("cur")], [[], []]);
});

Deno.test("two messages of one base name are both served, and keep their ids when one is deleted", async () => {
  await using folder = await maildir(["new/1.a.host", "cur/1.a.host:2,S", "cur/1.a.host:2,F"]);
  await Deno.writeTextFile(join(folder.path, "cur/1.a.host:2,S"), "Subject: other\n\nbody\n");
  const ids = async (mailbox = maildirMailbox(folder.path)) => {
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    await mailbox.messageSizes?.(info, uniqueIds);
    return { mailbox, info, uniqueIds };
  };
  const { mailbox, info, uniqueIds } = await ids();
  assertEquals(new Set(uniqueIds).size, 3);
  // After new flags, a restart and the deletion of one, no id has passed to another message.
  await Deno.rename(join(folder.path, "cur/1.a.host:2,F"), join(folder.path, "cur/1.a.host:2,FT"));
  assertEquals((await ids()).uniqueIds, uniqueIds);
  await mailbox.messageDelete(info, ["1.a.host"]);
  const left = uniqueIds.filter((uniqueId) => uniqueId !== "1.a.host");
  assertEquals((await ids(mailbox)).uniqueIds, left);
  assertEquals((await ids()).uniqueIds, left);
});

Deno.test("ids survive a restart when a client sends only UIDL and DELE", async () => {
  await using folder = await maildir(["new/1.a.host", "cur/1.a.host:2,S"]);
  const info = testConnectionInfo();
  const mailbox = maildirMailbox(folder.path);
  const [first = "", second = ""] = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, [first]);
  assertEquals(await maildirMailbox(folder.path).listMessageUniqueIds(info), [second]);
});

Deno.test("a message that isync renames keeps its id, and is deleted under its new name", async () => {
  await using folder = await maildir(["cur/1.a.host:2,S", "cur/2.a.host:2,S"]);
  const mailbox = maildirMailbox(folder.path);
  const info = testConnectionInfo();
  const before = await mailbox.listMessageUniqueIds(info);
  const rename = (from: string, to: string) =>
    Deno.rename(join(folder.path, "cur", from), join(folder.path, "cur", to));
  await rename("1.a.host:2,S", "1.a.host,U=1:2,S");
  assertEquals(await mailbox.messageExists(info, "1.a.host"), true);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), before);
  await mailbox.messageDelete(info, ["1.a.host"]);
  assertEquals(folder.names("cur"), ["2.a.host:2,S"]);
});

Deno.test("a base name that is too long gets a derived unique-id that does not depend on flags", async () => {
  const name = `1.${"x".repeat(80)}.host`;
  await using folder = await maildir([`new/${name}`]);
  const mailbox = maildirMailbox(folder.path);
  const [before = ""] = await mailbox.listMessageUniqueIds(testConnectionInfo());
  assertMatch(before, /^~[0-9a-f]{40}$/);
  await Deno.rename(join(folder.path, "new", name), join(folder.path, "cur", `${name}:2,RS`));
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), [before]);
});

Deno.test("the next login sees mail that arrives during a session", async () => {
  await using folder = await maildir(["new/1.a.host"]);
  const mailbox = maildirMailbox(folder.path);
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  await Deno.writeTextFile(join(folder.path, "tmp/2.b.host"), "Subject: y\n\n");
  await Deno.rename(join(folder.path, "tmp/2.b.host"), join(folder.path, "new/2.b.host"));
  assertEquals((await mailbox.listMessageUniqueIds(testConnectionInfo())).length, 2);
  await mailbox.messageDelete(info, ["1.a.host"]);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), ["2.b.host"]);
});

Deno.test("sizes in file names are not trusted, even when they are plausible", async () => {
  // Each file has 17 octets, and 20 when sent.
  const names = ["S=17,W=21", "W=21,S=17", "S=99,W=21", "W=21", "S=17,W=16", "S=17,W=18", "S=17"];
  await using folder = await maildir(names.map((name, index) => `cur/${index}.host,${name}:2,S`));
  const mailbox = maildirMailbox(folder.path);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  assertEquals(await mailbox.messageSizes?.(info, uniqueIds), names.map(() => 20));
});
