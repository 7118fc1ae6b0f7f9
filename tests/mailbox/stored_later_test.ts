/** Ids that must survive a restart, and cannot be stored when they should be. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import type { MailboxStore } from "../../lib/mailbox/mailbox_store.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { aMinuteLater } from "../wall_clock.ts";

const FULL = "No space left on device (os error 28)";
const READ_ONLY = "Read-only file system (os error 30)";

/** A disk on which no file can be made, for as long as there is an error. */
class Disk {
  error: string | null = null;
  tries = 0;
  readonly files: FileSystem = {
    ...denoFileSystem,
    create: async (path, mode) => {
      this.tries++;
      if (this.error !== null) throw new Error(this.error);
      return await denoFileSystem.create(path, mode);
    },
  };
}

async function idsIn(store: MailboxStore): Promise<readonly string[]> {
  const info = testConnectionInfo();
  return await store.open(info).listMessageUniqueIds(info);
}

for (const error of [FULL, READ_ONLY]) {
  const isFull = error === FULL;
  const what = isFull ? "written once it has room" : "not tried again";
  Deno.test(`${error}: the index that an id needs is ${what}`, async () => {
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, "a");
    const disk = new Disk();
    const clock = new ManualClock();
    const restart = () =>
      new FileStore(folder.path, folderLayout, { settleTime: 0 }, disk.files, clock);
    const store = restart();
    await Deno.writeTextFile(path, "one");
    await idsIn(store);
    await Deno.writeTextFile(`${path}.new`, "another");
    await Deno.rename(`${path}.new`, path);
    disk.error = error;
    const [derived = ""] = await idsIn(store);
    assert(derived !== "a");
    // From now on, the folder can be trusted.
    await Deno.utime(folder.path, 1_000, 1_000);
    using _later = aMinuteLater();
    await idsIn(store);
    const { tries } = disk;
    clock.advance(59_999);
    await idsIn(store);
    assertEquals(disk.tries, tries);
    clock.advance(1);
    await idsIn(store);
    assertEquals(disk.tries, tries + (isFull ? 1 : 0));
    disk.error = null;
    clock.advance(60_000);
    await idsIn(store);
    const after = await idsIn(restart());
    assertEquals(after, [isFull ? derived : "a"]);
  });

  Deno.test(`${error}: the ids of an mbox are ${what}`, async () => {
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, "mbox");
    await Deno.writeTextFile(path, "From a\nSubject: same\n\nText.\n\n".repeat(2));
    const disk = new Disk();
    const store = new MboxStore(path, {}, disk.files);
    disk.error = error;
    await idsIn(store);
    const { tries } = disk;
    await idsIn(store);
    assertEquals(disk.tries, tries + (isFull ? 1 : 0));
    disk.error = null;
    await idsIn(store);
    assertEquals(folder.names(".pop3svc").length, isFull ? 1 : 0);
  });
}
