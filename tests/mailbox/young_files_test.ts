/** Files of a plain folder that another program may still be writing: a login waits for them. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import type { FileMailboxOptions } from "../../lib/mailbox/files/file_mailbox_options.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** A clock on which each wait ends at once and is reported. */
function waitingClock(wait: (milliseconds: number) => void): Clock {
  let now = 0;
  return {
    now: () => now,
    after(milliseconds, callback) {
      now += milliseconds;
      wait(milliseconds);
      queueMicrotask(callback);
      return { [Symbol.dispose]() {} };
    },
  };
}

async function listed(
  folder: TemporaryFolder,
  options: FileMailboxOptions = {},
  whileWaiting: (turn: number) => void = () => {},
): Promise<{ readonly uniqueIds: readonly string[]; readonly waits: readonly number[] }> {
  const waits: number[] = [];
  const clock = waitingClock((milliseconds) => whileWaiting(waits.push(milliseconds)));
  const store = new FileStore(folder.path, folderLayout, options, denoFileSystem, clock);
  const { uniqueIds } = (await store.look()).list;
  return { uniqueIds: uniqueIds.toSorted(), waits };
}

async function write(folder: TemporaryFolder, name: string, age: number | null): Promise<void> {
  const path = join(folder.path, name);
  await Deno.writeTextFile(path, "Subject: x\n\n");
  if (age === null) return;
  const time = new Date(Date.now() - 1_000 * age);
  await Deno.utime(path, time, time);
}

Deno.test("a login waits a quarter of a second for a young file, and serves it if it was quiet", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "old", 60);
  assertEquals(await listed(folder), { uniqueIds: ["old"], waits: [] });
  await write(folder, "young", null);
  assertEquals(await listed(folder), { uniqueIds: ["old", "young"], waits: [250] });
});

Deno.test("a login waits up to two seconds for a growing file, and does not serve it while it grows", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "old", 60);
  await write(folder, "growing", null);
  const grow = () => Deno.writeTextFileSync(join(folder.path, "growing"), "x", { append: true });
  const always = await listed(folder, {}, grow);
  assertEquals(always.uniqueIds, ["old"]);
  assertEquals(always.waits, Array(8).fill(250));
  const twice = await listed(folder, {}, (turn) => turn <= 2 && grow());
  assertEquals(twice, { uniqueIds: ["growing", "old"], waits: [250, 250, 250] });
});

Deno.test("a file with a time in the future is served once it has not changed for a while", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "future", -3_600);
  assertEquals(await listed(folder), { uniqueIds: ["future"], waits: [250] });
  assertEquals(await listed(folder, { settleTime: 10 }), { uniqueIds: ["future"], waits: [250] });
});

Deno.test("with a settle time no younger file is served, and no login waits for it", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "young", 5);
  await write(folder, "old", 60);
  assertEquals(await listed(folder, { settleTime: 10 }), { uniqueIds: ["old"], waits: [] });
  assertEquals(await listed(folder, { settleTime: 0 }), { uniqueIds: ["old", "young"], waits: [] });
});

Deno.test("a login does not wait again for a file that was served", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "future", -3_600);
  let waits = 0;
  const store = new FileStore(
    folder.path,
    folderLayout,
    {},
    denoFileSystem,
    waitingClock(() => waits++),
  );
  for (let login = 0; login < 3; login++) {
    assertEquals((await store.look()).list.uniqueIds, ["future"]);
    // Makes each login list the folder again.
    store.forget();
  }
  assertEquals(waits, 1);
});

Deno.test("a file that was young when a long listing began is young at its end", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "young", 0);
  let late = 0;
  const dateNow = Date.now;
  using _ = { [Symbol.dispose]: () => Date.now = dateNow };
  Date.now = () => dateNow() + late;
  const waits: number[] = [];
  const clock = waitingClock((milliseconds) => waits.push(milliseconds));
  const files: FileSystem = {
    ...denoFileSystem,
    async regularFiles(path, isKnown) {
      const listed = await denoFileSystem.regularFiles(path, isKnown);
      late = 60_000;
      return listed;
    },
  };
  await new FileStore(folder.path, folderLayout, {}, files, clock).look();
  assertEquals(waits, [250]);
});
