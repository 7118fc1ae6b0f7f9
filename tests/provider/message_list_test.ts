/** One list of messages for all sessions that see the same snapshot. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import { listOf, MessageList } from "../../lib/provider/message_list.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { aMinuteLater } from "../wall_clock.ts";

/** A folder that nobody has touched for long, so that its snapshot is kept. */
async function oldFolder(names: readonly string[]): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const name of names) await Deno.writeTextFile(join(folder.path, name), "Subject: x\n\n");
  await Deno.utime(folder.path, 1_000, 1_000);
  return folder;
}

Deno.test("logins of one mailbox share a list, and the sizes that one of them has asked for", async () => {
  await using folder = await oldFolder(["a", "b"]);
  using _later = aMinuteLater();
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const [first, second] = [testConnectionInfo(), testConnectionInfo()];
  const list = await listOf(mailbox, first);
  assertEquals(list.octets, null);
  // A program that asks with an array of its own is answered in the same way.
  await mailbox.messageSizes?.(first, [...list.uniqueIds]);
  assert(await listOf(mailbox, second) === list);
  assertEquals(list.octets, [14, 14]);
  assertEquals(list.numberOf("b"), 2);
});

Deno.test("sizes of some messages, or in another order, are not those of the list", async () => {
  await using folder = await oldFolder(["a", "b"]);
  await Deno.writeTextFile(join(folder.path, "a"), "Subject: longer\n\n");
  await Deno.utime(join(folder.path, "a"), 1_000, 1_000);
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const info = testConnectionInfo();
  const list = await listOf(mailbox, info);
  for (const asked of [["a"], ["b", "a"], ["a", "a"]]) {
    const sizes = asked.map((uniqueId) => uniqueId === "a" ? 19 : 14);
    assertEquals(await mailbox.messageSizes?.(info, asked), sizes);
    assertEquals(list.octets, null);
  }
});

Deno.test("unique ids that a program puts in the place of ours count", async () => {
  await using folder = await oldFolder(["a", "b"]);
  const inner = folderMailbox(folder.path, { settleTime: 0 });
  const info = testConnectionInfo();
  const mailbox = {
    ...inner,
    listMessageUniqueIds: async () =>
      (await inner.listMessageUniqueIds(info)).filter((uniqueId) => uniqueId !== "a"),
  };
  assertEquals((await listOf(mailbox, info)).uniqueIds, ["b"]);
});

Deno.test("an array of a provider's becomes a list at the login", async () => {
  const list = await listOf(new MemoryMailbox({ a: "x", b: "y" }), testConnectionInfo());
  assertEquals([list.uniqueIdOf(1), list.uniqueIdOf(2), list.uniqueIdOf(3)], [
    "a",
    "b",
    undefined,
  ]);
  assertEquals([list.numberOf("b"), list.numberOf("c"), list.fault], [2, undefined, null]);
  assertEquals(new MessageList(["a", "a"]).fault?.rule, "unique-id-twice");
});

Deno.test("lists that continue another share its numbers, and each knows its own messages alone", () => {
  const first = new MessageList(["b", "a"]);
  assertEquals(first.numberOf("a"), 2);
  const [one, other] = [new MessageList(["b", "a", "x"]), new MessageList(["b", "a", "y", "x"])];
  for (const list of [one, other]) list.continue(first);
  const numbersIn = (list: MessageList) => ["b", "a", "x", "y", "z"].map((id) => list.numberOf(id));
  assertEquals(numbersIn(first), [1, 2, undefined, undefined, undefined]);
  assertEquals(numbersIn(one), [1, 2, 3, undefined, undefined]);
  assertEquals(numbersIn(other), [1, 2, 4, 3, undefined]);
});

Deno.test("a list that continues one whose numbers are not known finds its own", () => {
  const list = new MessageList(["b", "a", "x"]);
  list.continue(new MessageList(["b", "a"]));
  assertEquals(["b", "a", "x"].map((id) => list.numberOf(id)), [1, 2, 3]);
});
