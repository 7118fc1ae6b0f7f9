/** Snapshots and sizes are computed once and remembered. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { aMinuteLater } from "../wall_clock.ts";

const OLD = 1_000;

/** A folder that was last changed long ago, so that its time can be trusted. */
async function oldFolder(count: number): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (let number = 0; number < count; number++) {
    const path = join(folder.path, `${number}`);
    await Deno.writeTextFile(path, `Subject: ${number}\n\n`);
    await Deno.utime(path, OLD + number, OLD + number);
  }
  await Deno.utime(folder.path, OLD, OLD);
  return folder;
}

Deno.test("sessions of an unchanged folder share one list", async () => {
  await using folder = await oldFolder(3);
  using _later = aMinuteLater();
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const first = await mailbox.listMessageUniqueIds(testConnectionInfo());
  assert(await mailbox.listMessageUniqueIds(testConnectionInfo()) === first);
  const together = await Promise.all(
    [1, 2, 3].map(() => mailbox.listMessageUniqueIds(testConnectionInfo())),
  );
  assert(together.every((list) => list === first));
});

Deno.test("the next login sees new mail, however soon it arrives", async () => {
  await using folder = await oldFolder(1);
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  for (let number = 1; number < 30; number++) {
    assertEquals((await mailbox.listMessageUniqueIds(testConnectionInfo())).length, number);
    await Deno.writeTextFile(join(folder.path, `late-${number}`), "Subject: late\n\n");
  }
});

Deno.test("when a file is changed in place, the session gets an error, and the next one sees another message", async () => {
  await using folder = await oldFolder(2);
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const before = testConnectionInfo();
  await mailbox.listMessageUniqueIds(before);
  assertEquals(await mailbox.messageSizes?.(before, ["0", "1"]), [14, 14]);
  await Deno.writeTextFile(join(folder.path, "0"), "Subject: another one\n\n");
  let told: unknown;
  try {
    await mailbox.messageContents(before, "0");
  } catch (error) {
    told = error;
  }
  assert(told instanceof Pop3ResponseError);
  const after = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(after);
  assertEquals(uniqueIds.includes("0"), false);
  const sizes = await Promise.all(
    uniqueIds.map((uniqueId) => mailbox.messageSize(after, uniqueId)),
  );
  assertEquals(sizes.toSorted(), [14, 24]);
});

Deno.test("sizes are remembered across restarts, and only a complete index is trusted", async () => {
  const count = 1_000;
  await using folder = await oldFolder(count);
  const remembered = join(folder.path, ".pop3svc/index");
  const sum = async () => {
    const mailbox = folderMailbox(folder.path, { settleTime: 0 });
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const sizes = await mailbox.messageSizes?.(info, uniqueIds) ?? [];
    return sizes.reduce<number>((total, size) => total + (size ?? 0), 0);
  };
  const octetsIn = (text: string) => JSON.parse(text.split("\n")[1] ?? "").octets;
  const counted = await sum();
  const whole = await Deno.readTextFile(remembered);

  // The wrong size proves that the index is read.
  await Deno.writeTextFile(remembered, whole.replace('"octets":[14,', '"octets":[15,'));
  assertEquals(await sum(), counted + 1);

  // With a cut, short, old, empty or missing index, sizes are counted again.
  const broken = [
    whole.slice(0, whole.length / 2),
    whole.replace('"octets":[14,', '"octets":[   '),
    whole.replace('"version":3', '"version":4'),
    whole.replace("\n", ""),
    whole.slice(0, -10),
    "",
    null,
  ];
  for (const text of broken) {
    if (text === null) await Deno.remove(remembered);
    else await Deno.writeTextFile(remembered, text);
    assertEquals(await sum(), counted);
    assertEquals(octetsIn(await Deno.readTextFile(remembered)), octetsIn(whole));
  }

  // A remembered size counts only for the unchanged file.
  await Deno.writeTextFile(join(folder.path, "0"), "Subject: one that is longer\n\n");
  await Deno.utime(folder.path, OLD, OLD);
  assertEquals(await sum(), counted + "Subject: one that is longer".length - "Subject: 0".length);
});

Deno.test("the list is remembered across restarts, until a file is added or removed", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["new", "cur", "tmp"]) await Deno.mkdir(join(folder.path, name));
  for (let number = 1_000; number < 2_000; number++) {
    const path = join(folder.path, "cur", `${number}.x:2,S`);
    await Deno.writeTextFile(path, "Subject: x\n\n");
    await Deno.utime(path, OLD + number, OLD + number);
  }
  for (const name of ["new", "cur"]) await Deno.utime(join(folder.path, name), OLD, OLD);
  using _later = aMinuteLater();
  const look = async () => {
    const mailbox = maildirMailbox(folder.path);
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const sizes = await mailbox.messageSizes?.(info, uniqueIds) ?? [];
    const [first = ""] = uniqueIds;
    return { first, size: sizes[0], count: uniqueIds.length, mailbox, info };
  };
  assertEquals((await look()).first, "1000.x");
  const index = join(folder.path, "pop3svc/index");
  const text = await Deno.readTextFile(index);
  await Deno.writeTextFile(index, text.replace('["1000.x"', '["1000.y"'));
  const again = await look();
  assertEquals([again.first, again.size, again.count], ["1000.y", 14, 1_000]);
  assert(await again.mailbox.messageExists(again.info, "1000.y"));

  // An index that was cut is not trusted.
  await Deno.writeTextFile(index, text.slice(0, -10));
  const uncut = await look();
  await uncut.mailbox.messageContents(uncut.info, "1000.x");

  // The columns that only RETR needs are checked when a message is opened.
  const damages = [['"fileSizes":[12,', '"fileSizes":[{},'], ['"paths":[', '"paths":{']] as const;
  for (const [whole, damaged] of damages) {
    await Deno.writeTextFile(index, text.replace(whole, damaged));
    const { mailbox, info } = await look();
    const open = async () => await mailbox.messageContents(info, "1000.x");
    await assertRejects(open, Error, "is damaged");
    const next = testConnectionInfo();
    await mailbox.messageSizes?.(next, await mailbox.listMessageUniqueIds(next));
    await mailbox.messageContents(next, "1000.x");
    assertEquals(await Deno.readTextFile(index), text);
  }

  await Deno.writeTextFile(join(folder.path, "new", "2000.x"), "Subject: new\n\n");
  const later = await look();
  assertEquals([later.first, later.count], ["1000.x", 1_001]);
});

Deno.test("counting a large mailbox lets other work run in between", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "large");
  await Deno.writeFile(path, new Uint8Array());
  // Large enough to take long on any machine; sparse, so it takes no space on the disk.
  await Deno.truncate(path, 600_000_000);
  let turns = 0;
  const others = setInterval(() => turns++);
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const info = testConnectionInfo();
  const octets = await mailbox.messageSizes?.(info, await mailbox.listMessageUniqueIds(info));
  clearInterval(others);
  assertEquals(octets, [600_000_002]);
  assert(turns >= 3, `${turns} turns`);
});
