import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { openBody } from "../../lib/mailbox/message_content.ts";
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

Deno.test("new and cur, never tmp; the unique id is the base name without flags", async () => {
  await using folder = await maildir(["new/1.a.host", "cur/2.b.host,S=17:2,FS", "tmp/3.c.host"]);
  const mailbox = maildirMailbox(folder.path);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), [
    "1.a.host",
    "2.b.host,S=17",
  ]);
});

Deno.test("a message that moves and gets flags keeps its unique id, is read and deleted", async () => {
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

Deno.test("a message seen in new and in cur is one message", async () => {
  await using folder = await maildir(["new/1.a.host", "cur/1.a.host:2,S"]);
  const mailbox = maildirMailbox(folder.path);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), ["1.a.host"]);
});

Deno.test("a base name that is too long gets a derived unique id that does not depend on flags", async () => {
  const name = `1.${"x".repeat(80)}.host`;
  await using folder = await maildir([`new/${name}`]);
  const mailbox = maildirMailbox(folder.path);
  const [before = ""] = await mailbox.listMessageUniqueIds(testConnectionInfo());
  assertMatch(before, /^~[0-9a-f]{40}$/);
  await Deno.rename(join(folder.path, "new", name), join(folder.path, "cur", `${name}:2,RS`));
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), [before]);
});

Deno.test("mail that arrives while a session runs is there for the next login", async () => {
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

Deno.test("sizes in the name are used where they can be true, and only there", async () => {
  // Each file has 17 octets, and 20 as sent.
  const names: readonly (readonly [string, number])[] = [
    ["cur/1.host,S=17,W=21:2,S", 21],
    ["cur/2.host,W=21,S=17:2,", 21],
    ["cur/3.host,S=99,W=21:2,S", 20],
    ["cur/4.host,W=21:2,S", 20],
    ["cur/5.host,S=17,W=16:2,S", 20],
    ["cur/6.host,S=17,W=35:2,S", 20],
    ["cur/7.host,S=17:2,S", 20],
    ["cur/8.host,S=17,W=x:2,S", 20],
  ];
  await using folder = await maildir(names.map(([name]) => name));
  const mailbox = maildirMailbox(folder.path);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  assertEquals(await mailbox.messageSizes?.(info, uniqueIds), names.map(([, octets]) => octets));
});
