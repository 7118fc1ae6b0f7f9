/** The lock across processes on a slow disk, where each call is made on another thread. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { lockFile, tryLockFile } from "../../lib/files/file_lock.ts";
import type { CallOptions } from "../../lib/files/slow_disk.ts";
import { SlowDisks } from "../../lib/files/slow_disks.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** All folders are on a disk of the network. */
function remoteDisk(clock = new ManualClock()): SlowDisks {
  const disks = new SlowDisks(clock, () => new Map([["/", 1]]), () => 0);
  disks.lookForMounts();
  return disks;
}

Deno.test("on a slow disk, one of many has the lock, and the next gets it when it is given back", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, ".pop3svc", "lock");
  const disks = remoteDisk();
  let [holders, most, taken] = [0, 0, 0];
  const take = async () => {
    for (let time = 0; time < 20; time++) {
      using _lock = await lockFile(path, systemClock, disks);
      most = Math.max(most, ++holders);
      taken++;
      await new Promise((resolve) => setImmediate(resolve));
      holders--;
    }
  };
  await Promise.all(Array.from({ length: 4 }, take));
  assertEquals([most, taken], [1, 80]);
  const again = await tryLockFile(path, disks);
  assert(again !== null);
  assertEquals(await tryLockFile(path, disks), null);
  // Nor does a process get it whose disk is fast.
  assertEquals(await tryLockFile(path), null);
  again[Symbol.dispose]();
  (await tryLockFile(path, disks))?.[Symbol.dispose]();
  await tryLockFile(`${path}-other`, disks).then((lock) => lock?.[Symbol.dispose]());
});

/** A disk on which no lock is given back before the gate is open. */
class GatedDisk extends SlowDisks {
  readonly gate = Promise.withResolvers<void>();

  override run<T>(path: string, call: () => Promise<T>, options?: CallOptions<T>): Promise<T> {
    return super.run(path, async () => {
      await this.gate.promise;
      return await call();
    }, options);
  }
}

Deno.test("the next session of the process waits for a lock that is being given back", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, ".pop3svc", "exclusive");
  const disks = new GatedDisk(new ManualClock(), () => new Map([["/", 1]]), () => 0);
  disks.lookForMounts();
  (await tryLockFile(path, disks))?.[Symbol.dispose]();
  const next = tryLockFile(path, disks);
  const other = await tryLockFile(`${path}-other`, disks);
  disks.gate.resolve();
  using lock = await next;
  assert(lock !== null);
  other?.[Symbol.dispose]();
});

Deno.test("a lock on a disk that does not answer is refused in the end, and given back if it comes late", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, ".pop3svc", "lock");
  const clock = new ManualClock();
  const disks = remoteDisk(clock);
  const answer = Promise.withResolvers<void>();
  const others = Array.from({ length: 8 }, () => disks.run(path, () => answer.promise));
  const refused = assertRejects(() => lockFile(path, systemClock, disks), Deno.errors.TimedOut);
  const failures = Promise.all(
    others.map((call) => assertRejects(() => call, Deno.errors.TimedOut)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(30_000);
  await Promise.all([refused, failures]);
  answer.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  using lock = await tryLockFile(path, disks);
  assert(lock !== null);
});
