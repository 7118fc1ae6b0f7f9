/** What the server has stored about a mailbox cannot be read for a while: nothing may be taken for gone. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import type { OpenFile } from "../../lib/files/regular_file.ts";
import { lockDeletions } from "../../lib/mailbox/files/deletion_lock.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import type { MailboxStore } from "../../lib/mailbox/mailbox_store.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { doomedOf, filledMailbox, kinds, openMailbox } from "../crash/filled_mailbox.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const eio = () => new Error("Input/output error (os error 5)");

/** A file system on which some names can be looked at and opened, but not read. */
class Failing {
  /** Whether the octets, or the entry, of a path cannot be read now. */
  cannotRead: (path: string) => boolean = () => false;
  cannotLook: (path: string) => boolean = () => false;
  readonly files: FileSystem = {
    ...denoFileSystem,
    look: async (path) => {
      if (this.cannotLook(path)) throw eio();
      return await denoFileSystem.look(path);
    },
    open: async (path, isExposed, known) => {
      const file = await denoFileSystem.open(path, isExposed, known);
      return file !== null && this.cannotRead(path) ? unreadable(file) : file;
    },
  };
}

function unreadable(file: OpenFile): OpenFile {
  const fail = () => {
    throw eio();
  };
  return {
    info: file.info,
    readNow: fail,
    readSoon: fail,
    read: fail,
    identityNow: () => file.identityNow(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

async function idsIn(store: MailboxStore): Promise<readonly string[]> {
  const info = testConnectionInfo();
  return await store.open(info).listMessageUniqueIds(info);
}

Deno.test("while the index cannot be read, nobody logs in, and then each message has its id", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "a");
  const disk = new Failing();
  const restart = () => new FileStore(folder.path, folderLayout, { settleTime: 0 }, disk.files);
  const first = restart();
  await Deno.writeTextFile(path, "one");
  assertEquals(await idsIn(first), ["a"]);
  await Deno.writeTextFile(`${path}.new`, "another");
  await Deno.rename(`${path}.new`, path);
  const [derived = ""] = await idsIn(first);
  assert(derived !== "a");
  const second = restart();
  disk.cannotRead = (path) => path.endsWith("/index");
  for (let login = 0; login < 2; login++) {
    await assertRejects(() => idsIn(second), Error, "index cannot be read");
  }
  disk.cannotRead = () => false;
  assertEquals(await idsIn(second), [derived]);
});

Deno.test("while the journal of a decided deletion cannot be read, nobody logs in, and then it is finished", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["a", "b"]) await Deno.writeTextFile(join(folder.path, name), name);
  const { size, mtime, ino } = await Deno.lstat(join(folder.path, "a"));
  const identity = { size, modified: mtime?.getTime(), inode: ino };
  await Deno.mkdir(join(folder.path, ".pop3svc"), { mode: 0o700 });
  await Deno.writeTextFile(
    join(folder.path, ".pop3svc/journal-1"),
    JSON.stringify({
      version: 1,
      disposal: "remove",
      files: [{ uniqueId: "a", path: "a", identity }],
    }),
  );
  const disk = new Failing();
  const store = new FileStore(folder.path, folderLayout, { settleTime: 0 }, disk.files);
  disk.cannotRead = (path) => path.endsWith("/journal-1");
  await assertRejects(() => idsIn(store), Error, "journal-1 cannot be read");
  disk.cannotRead = () => false;
  assertEquals(await idsIn(store), ["b"]);
  assertEquals(folder.names(), ["b"]);
});

Deno.test("while the ids of an mbox cannot be found, nobody logs in, and then no message has the id of another", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "mbox");
  await Deno.writeTextFile(path, "From a\nSubject: same\n\nText.\n\n".repeat(2));
  // Our folder cannot be beside the mbox.
  for (const name of [".pop3svc", `.pop3svc-${Deno.uid() ?? "own"}`]) {
    await Deno.writeTextFile(join(folder.path, name), "");
  }
  const stateDirectory = join(folder.path, "state");
  await Deno.mkdir(stateDirectory, { mode: 0o700 });
  const disk = new Failing();
  const restart = () => new MboxStore(path, { stateDirectory }, disk.files);
  const info = testConnectionInfo();
  const mailbox = restart().open(info);
  const [first = "", second = ""] = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, [first]);
  const store = restart();
  disk.cannotLook = (path) => path.startsWith(stateDirectory);
  await assertRejects(() => idsIn(store), Error, "os error 5");
  disk.cannotLook = () => false;
  assertEquals(await idsIn(store), [second]);
});

for (const kind of kinds.filter((kind) => kind === "maildir of another")) {
  Deno.test(`${kind}: a name of a deleted message that cannot be looked at is removed later`, async () => {
    await using folder = await filledMailbox(kind);
    const disk = new Failing();
    let isDecided = false;
    const files: FileSystem = {
      ...disk.files,
      rename: async (from, to) => {
        await denoFileSystem.rename(from, to);
        isDecided ||= /\/(?:deleted|journal)-[^/]+$/.test(to);
      },
    };
    disk.cannotLook = (path) => isDecided && path === join(folder.path, "new/m5");
    const mailbox = openMailbox(kind, folder.path, files);
    const info = testConnectionInfo();
    await mailbox.listMessageUniqueIds(info);
    await mailbox.messageDelete(info, doomedOf(kind));
    disk.cannotLook = () => false;
    const next = openMailbox(kind, folder.path);
    assertEquals(await next.listMessageUniqueIds(testConnectionInfo()), ["m3", "m4", "m6"]);
  });
}

Deno.test("while the lock in our folder cannot be looked at, the one in the state directory is no lock", async () => {
  await using folder = await TemporaryFolder.create();
  const stateDirectory = join(folder.path, "state");
  await Deno.mkdir(join(folder.path, "mail"));
  await Deno.mkdir(stateDirectory, { mode: 0o700 });
  const disk = new Failing();
  const own = join(folder.path, "mail/.pop3svc/lock");
  const files: FileSystem = {
    ...disk.files,
    // deno-lint-ignore require-await -- a failure is a rejection
    lock: async (path) => {
      if (path === own) throw new Error("No space left on device (os error 28)");
      return denoFileSystem.lock(path);
    },
  };
  const path = join(folder.path, "mail");
  const store = new FileStore(path, folderLayout, { stateDirectory }, files);
  disk.cannotLook = (path) => path === own;
  await assertRejects(() => lockDeletions(store.folder), Error, "os error 5");
  disk.cannotLook = () => false;
  using lock = await lockDeletions(store.folder);
  assertEquals(lock.hasOwnFolder, false);
});
