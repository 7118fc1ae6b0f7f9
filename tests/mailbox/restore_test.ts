/**
 * A backup is restored, while a session is open or later, with the state directory or without: what
 * docs/operations/backup.md says about it.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { copy } from "@std/fs";
import { join } from "@std/path";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { DATE, type MboxFolder, mboxWith, messagesOf } from "./mbox_with.ts";

const message = (name: string) => `From a@x ${DATE}\nSubject: ${name}\n\n${name}\n\n`;

const openMbox = (mbox: MboxFolder) => sharedMailbox(new MboxStore(mbox.file));
const idsOf = async (mbox: MboxFolder) =>
  await openMbox(mbox).listMessageUniqueIds(testConnectionInfo());
/** The mbox's own state; its backup is made and restored as a folder. */
const stateOf = (mbox: MboxFolder) => join(mbox.path, ".pop3svc");

/** Writes the mbox as a backup has it, as another file. */
async function restore(mbox: MboxFolder, text: string): Promise<void> {
  await Deno.writeTextFile(`${mbox.file}.restored`, text);
  await Deno.rename(`${mbox.file}.restored`, mbox.file);
}

Deno.test("an mbox that was restored in the session: the session goes on, and deletes what it was told to", async () => {
  await using mbox = await mboxWith(["b", "c", "d"].map(message).join(""));
  const mailbox = openMbox(mbox);
  const info = testConnectionInfo();
  const [b = "", c = "", d = ""] = await mailbox.listMessageUniqueIds(info);
  // The backup has a message before them that was deleted since, and is older than d.
  await restore(mbox, ["a", "b", "c"].map(message).join(""));
  assertEquals(await mailbox.messageExists(info, c), true);
  assertEquals(await mailbox.messageExists(info, d), false);
  // What is gone counts as deleted.
  await mailbox.messageDelete(info, [b, d]);
  assertEquals(mbox.text(), message("a") + message("c"));
});

Deno.test("an mbox in which a message was restored with other contents: nothing is deleted", async () => {
  await using mbox = await mboxWith(message("a") + message("b"));
  const mailbox = openMbox(mbox);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  const restored = message("a").replace("\na\n", "\nolder\n") + message("b");
  await restore(mbox, restored);
  await assertRejects(async () => await mailbox.messageDelete(info, uniqueIds), "nothing was");
  assertEquals(mbox.text(), restored);
});

Deno.test("an mbox: a message that is back has its id if the state is restored, too, else another", async () => {
  const text = message("a") + message("b");
  for (const isStateRestored of [true, false]) {
    await using mbox = await mboxWith(text);
    const mailbox = openMbox(mbox);
    const info = testConnectionInfo();
    const before = await mailbox.listMessageUniqueIds(info);
    await mailbox.messageDelete(info, before.slice(0, 1));
    await restore(mbox, text);
    // At the time of the backup there was no state yet.
    if (isStateRestored) await Deno.remove(stateOf(mbox), { recursive: true });
    const [first, second] = await idsOf(mbox);
    assertEquals(second, before[1]);
    assertEquals(first === before[0], isStateRestored);
  }
});

Deno.test("an mbox without its state: ids follow from the contents, and one of two equal messages may get the id of the other", async () => {
  await using mbox = await mboxWith(message("a") + message("a") + message("b"));
  const mailbox = openMbox(mbox);
  const info = testConnectionInfo();
  const [first = "", second = "", other = ""] = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, [first]);
  assertEquals(await idsOf(mbox), [second, other]);
  await Deno.remove(stateOf(mbox), { recursive: true });
  assertEquals(await idsOf(mbox), [first, other]);
  assertEquals((await messagesOf(openMbox(mbox))).length, 2);
});

Deno.test("a Maildir that is restored without any state has its ids, also for what was deleted since", async () => {
  await using folder = await TemporaryFolder.create();
  const at = (name: string) => join(folder.path, name);
  for (const name of ["cur", "new", "tmp"]) {
    await Deno.mkdir(at(`mail/${name}`), { recursive: true });
  }
  for (const name of ["new/1.x", "cur/2.x:2,S"]) {
    await Deno.writeTextFile(at(`mail/${name}`), `Subject: ${name}\n\n`);
  }
  await copy(at("mail"), at("backup"));
  const mailbox = maildirMailbox(at("mail"));
  const info = testConnectionInfo();
  const before = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, before.slice(0, 1));
  await Deno.remove(at("mail"), { recursive: true });
  await copy(at("backup"), at("mail"));
  const after = await maildirMailbox(at("mail")).listMessageUniqueIds(info);
  assertEquals(after.toSorted(), before.toSorted());
});

Deno.test("a file that was restored in the session is another file, even with its old contents and time", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
  const path = join(folder.path, "new/m1");
  await Deno.writeTextFile(path, "Subject: 1\n\n");
  await Deno.utime(path, 1_000, 1_000);
  const mailbox = maildirMailbox(folder.path);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  // The old file stays under another name, so that the new one gets another inode.
  await Deno.rename(path, join(folder.path, "tmp/old"));
  await Deno.copyFile(join(folder.path, "tmp/old"), path);
  await Deno.utime(path, 1_000, 1_000);
  await assertRejects(async () => await mailbox.messageExists(info, "m1"), "has changed");
  await assertRejects(
    async () => await mailbox.messageDelete(info, uniqueIds),
    "nothing was deleted",
  );
  assertEquals(folder.names("new"), ["m1"]);
  assertEquals(await maildirMailbox(folder.path).listMessageUniqueIds(info), ["m1"]);
});
