import { assert, assertEquals } from "@std/assert";
import { SlowDisks } from "../../lib/files/slow_disks.ts";
import { isYoung, stampOf } from "../../lib/mailbox/files/stamp.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Not on a full second. */
const NOW = 1_700_000_100_500;

/** A folder of this age, whose time no program has set. */
function isYoungAfter(age: number, isRemote = false): boolean {
  const modified = NOW - age;
  const changed = Math.floor(modified / 1_000) * 1_000;
  return isYoung({ stamp: "", modified, changed, isRemote }, NOW);
}

Deno.test("a folder is young for a tick of the clock of its disk, and a disk of the network may have another clock", () => {
  assertEquals([99, 101].map((age) => isYoungAfter(age)), [true, false]);
  // In whole seconds.
  assertEquals([1_500, 2_500].map((age) => isYoungAfter(age)), [true, false]);
  assertEquals([101, 1_999, 2_001].map((age) => isYoungAfter(age, true)), [true, true, false]);
  // The clock of its disk is ahead.
  assert(isYoungAfter(-60_000));
});

Deno.test("a folder without a time is always young", async () => {
  for (const modified of [0, -1]) {
    assert(isYoung({ stamp: "", modified, changed: 0, isRemote: false }, NOW));
  }
  await using folder = await TemporaryFolder.create();
  const info = { ...await Deno.lstat(folder.path), mtime: null };
  const look = () => Promise.resolve(new Map([["new", info]]));
  const remote = new SlowDisks(new ManualClock(), () => new Map([["/", info.dev]]), () => 0);
  remote.lookForMounts();
  for (const [disks, isRemote] of [[new SlowDisks(), false], [remote, true]] as const) {
    const stamp = (await stampOf({ look }, disks)).folders.get("new");
    assertEquals([stamp?.modified, stamp?.isRemote], [0, isRemote]);
  }
});

Deno.test("a folder whose time a program has just set is young for two seconds", () => {
  const set = (age: number) => {
    const changed = Math.floor((NOW - age) / 1_000) * 1_000;
    return isYoung({ stamp: "", modified: 1_600_000_000_123, changed, isRemote: false }, NOW);
  };
  assertEquals([0, 1_000, 3_000].map(set), [true, true, false]);
});
