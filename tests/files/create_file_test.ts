import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createFile } from "../../lib/files/create_file.ts";
import { SlowDisks } from "../../lib/files/slow_disks.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

for (const remote of [new Map(), new Map([["/", 1]])]) {
  const disks = new SlowDisks(new ManualClock(), () => remote, () => 0);
  disks.lookForMounts();
  Deno.test({
    name: `a file is created, written and closed on a ${remote.size === 0 ? "fast" : "slow"} disk`,
    async fn() {
      await using folder = await TemporaryFolder.create();
      const path = join(folder.path, "a");
      {
        using file = await createFile(path, 0o640, disks);
        await file.write(new TextEncoder().encode("one, "));
        await file.write(new Uint8Array(100_000));
        await file.sync();
      }
      const info = await Deno.lstat(path);
      assertEquals([info.size, (info.mode ?? 0) & 0o777], [100_005, 0o640]);
      await assertRejects(() => createFile(path, 0o600, disks), Deno.errors.AlreadyExists);
      const nowhere = join(folder.path, "none", "a");
      await assertRejects(() => createFile(nowhere, 0o600, disks), Deno.errors.NotFound);
      await closedIn(folder.path);
    },
  });
}

/** Resolves once no file of the folder is open. */
async function closedIn(folder: string): Promise<void> {
  if (Deno.build.os !== "linux") return;
  const isOpen = () =>
    [...Deno.readDirSync("/proc/self/fd")].some(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(folder);
      } catch {
        return false;
      }
    });
  while (isOpen()) await new Promise((resolve) => setImmediate(resolve));
}
