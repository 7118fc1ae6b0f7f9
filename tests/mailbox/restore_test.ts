/** A backup is restored while a session is open: no `+OK` for a message that is still there. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

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
