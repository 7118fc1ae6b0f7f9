/** What a login has seen at the path of its mailbox is used for its list, as long as it is fresh. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem } from "../../lib/files/file_system.ts";
import { type GivenPath, lookAtGiven } from "../../lib/files/given_path.ts";
import { MailboxFolder } from "../../lib/mailbox/files/mailbox_folder.ts";
import { SharedSnapshot } from "../../lib/mailbox/files/shared_snapshot.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Remembers what each look was given. */
class WatchedFolder extends MailboxFolder {
  readonly asked: (GivenPath | null)[] = [];

  override look(seen: GivenPath | null = null) {
    this.asked.push(seen);
    return super.look(seen);
  }
}

function watched(path: string) {
  const folder = new WatchedFolder(path, denoFileSystem, {
    ownFolderName: folderLayout.ownFolderName,
    messageFolders: folderLayout.folders,
    ownersOnly: true,
    stateDirectory: null,
    report: (error) => {
      throw error;
    },
  });
  const listing = { folder, layout: folderLayout, settleTime: 0, clock: systemClock };
  return { folder, shared: new SharedSnapshot(listing, () => Promise.resolve(null)) };
}

Deno.test("a list uses once what was just seen; one that waits for another list looks again", async () => {
  await using mail = await TemporaryFolder.create();
  await Deno.writeTextFile(join(mail.path, "a"), "Subject: A\n\n");
  const { folder, shared } = watched(mail.path);
  const seen = lookAtGiven(mail.path);
  const first = shared.look(seen);
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(folder.asked, [seen]);
  const second = shared.look(lookAtGiven(mail.path));
  await Deno.writeTextFile(join(mail.path, "b"), "Subject: B\n\n");
  await first;
  assertEquals((await second).list.count, 2);
  assertEquals(folder.asked.filter((each) => each !== null), [seen]);
  // Nothing is in progress any more.
  const third = lookAtGiven(mail.path);
  assertEquals((await shared.look(third)).list.count, 2);
  assertEquals(folder.asked.filter((each) => each !== null), [seen, third]);
});

Deno.test("what was seen is judged as what is looked at: a folder of a stranger's folder is not opened", async () => {
  await using mail = await TemporaryFolder.create();
  const { shared } = watched(mail.path);
  const given = lookAtGiven(mail.path);
  if (given === null) throw new Error("it is not there");
  const failure = await shared.look({ ...given, stranger: 12_345 }).catch((error) => error);
  assertEquals(failure.code, "SYS/PERM");
});
