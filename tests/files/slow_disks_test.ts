import { assert, assertEquals, assertRejects } from "@std/assert";
import { remoteDisksIn } from "../../lib/files/remote_disks.ts";
import { SlowDisks } from "../../lib/files/slow_disks.ts";
import { ManualClock } from "../manual_clock.ts";

const SLOW = 7;
const FAST = 8;

/** Two disks, and a clock that calls move. */
class Disks {
  readonly clock = new ManualClock();
  readonly disks: SlowDisks;
  /** Milliseconds. */
  cpuWait = 0;

  constructor(remote: ReadonlyMap<string, number> = new Map()) {
    this.disks = new SlowDisks(this.clock, () => remote, () => this.cpuWait);
    this.disks.isOn("/mail/slow", SLOW);
    this.disks.isOn("/mail/fast", FAST);
  }

  /** Calls something that takes so long; says how it was called. */
  async call(milliseconds: number, path = "/mail/slow/joe/new/1"): Promise<"now" | "later"> {
    return await this.disks.call<"now" | "later">(
      path,
      () => (this.clock.advance(milliseconds), "now"),
      async () => (this.clock.advance(milliseconds), await Promise.resolve("later")),
    );
  }

  async calls(count: number, milliseconds: number): Promise<ReadonlySet<string>> {
    const ways = new Set<string>();
    for (let call = 0; call < count; call++) ways.add(await this.call(milliseconds));
    return ways;
  }
}

Deno.test("calls are synchronous until one is slow, and only on its disk asynchronous then", async () => {
  const disks = new Disks();
  assertEquals(await disks.calls(20, 19), new Set(["now"]));
  assertEquals(await disks.call(200), "now");
  assertEquals(await disks.calls(20, 200), new Set(["later"]));
  assertEquals(await disks.call(1, "/mail/fast/joe"), "now");
  assertEquals(await disks.call(1, "/elsewhere"), "now");
});

Deno.test("a call that has waited for the CPU is not slow", async () => {
  const disks = new Disks();
  const waits = (milliseconds: number) => {
    disks.clock.advance(200);
    disks.cpuWait += milliseconds;
  };
  disks.disks.callOn(SLOW, () => waits(190), () => Promise.resolve());
  assertEquals(await disks.call(1), "now");
  disks.disks.callOn(SLOW, () => waits(170), () => Promise.resolve());
  assertEquals(await disks.call(1), "later");
});

Deno.test("a call that fails slowly counts, too", async () => {
  const { disks, clock } = new Disks();
  try {
    disks.call("/mail/slow/a", () => {
      clock.advance(200);
      throw new Error("an error of the disk");
    }, () => Promise.resolve(null));
  } catch {
    // The next call shows it.
  }
  assertEquals(
    await disks.call("/mail/slow/b", () => "now", () => Promise.resolve("later")),
    "later",
  );
});

Deno.test("a disk is fast again after a second of fast calls, and after two when it was slow again", async () => {
  const disks = new Disks();
  await disks.call(200);
  assertEquals(await disks.calls(10, 1), new Set(["later"]));
  disks.clock.advance(1_000);
  await disks.call(1);
  assertEquals(await disks.call(200), "now");
  disks.clock.advance(1_000);
  assertEquals(await disks.calls(10, 1), new Set(["later"]));
  disks.clock.advance(1_000);
  await disks.call(1);
  assertEquals(await disks.call(1), "now");
});

Deno.test("a disk is not fast again while a call hangs, nor after a few calls", async () => {
  const { disks, clock } = new Disks();
  const call = (later: () => Promise<string>) => disks.call("/mail/slow/a", () => "now", later);
  disks.callOn(SLOW, () => clock.advance(200), () => Promise.resolve());
  const answer = Promise.withResolvers<string>();
  const hanging = call(() => answer.promise);
  clock.advance(2_000);
  for (let count = 0; count < 20; count++) {
    assertEquals(await call(() => Promise.resolve("later")), "later");
  }
  answer.resolve("at last");
  assertEquals(await hanging, "at last");
  clock.advance(2_000);
  for (let count = 0; count < 8; count++) {
    assertEquals(await call(() => Promise.resolve("later")), "later");
  }
  assertEquals(await call(() => Promise.resolve("later")), "now");
});

Deno.test("eight calls wait for a slow disk at most, and fewer where many disks hang", async () => {
  const remote = new Map([1, 2, 3, 4, 5].map((dev) => [`/net/${dev}`, dev]));
  const { disks } = new Disks(remote);
  disks.lookForMounts();
  const never = Promise.withResolvers<null>();
  const waiting = new Map<number, number>();
  const calls: Promise<unknown>[] = [];
  for (const dev of remote.values()) {
    for (let count = 0; count < 50; count++) {
      calls.push(disks.run(`/net/${dev}/a`, () => {
        waiting.set(dev, (waiting.get(dev) ?? 0) + 1);
        return never.promise;
      }));
    }
  }
  assertEquals([...waiting], [[1, 8], [2, 8], [3, 8], [4, 1], [5, 1]]);
  never.resolve(null);
  await Promise.all(calls);
  assertEquals([...waiting.values()], [50, 50, 50, 50, 50]);
});

Deno.test("a call without an answer fails in the end, and a late result is released", async () => {
  const { disks, clock } = new Disks(new Map([["/net", SLOW]]));
  disks.lookForMounts();
  const answer = Promise.withResolvers<string>();
  const released: string[] = [];
  const calls = Array.from(
    { length: 9 },
    () => disks.run("/net/a", () => answer.promise, (late) => released.push(late)),
  );
  const failures = Promise.all(
    calls.map((call) => assertRejects(() => call, Deno.errors.TimedOut)),
  );
  clock.advance(30_000);
  await failures;
  answer.resolve("late");
  await answer.promise;
  await Promise.resolve();
  // The ninth was never made.
  assertEquals(released, Array(8).fill("late"));
  assertEquals(await disks.run("/net/a", () => Promise.resolve("again")), "again");
});

Deno.test("a disk of the network is never asked synchronously", async () => {
  const { disks } = new Disks(new Map([["/mail/slow", 99]]));
  disks.lookForMounts();
  const call = () => disks.call("/mail/slow/a", () => "now", () => Promise.resolve("later"));
  for (let count = 0; count < 50; count++) assertEquals(await call(), "later");
  assertEquals(await disks.call("/mail/fast", () => 1, () => Promise.resolve(2)), 1);
});

Deno.test("mounts of the network and of FUSE are found in the list of the system", () => {
  const list = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" +
    "90 22 0:52 / /srv/my\\040mail rw shared:5 master:1 - nfs4 nas:/mail rw\n" +
    "91 22 0:300 / /home/joe/remote rw - fuse.sshfs joe@host: rw\n" +
    "92 22 8:17 / /media/usb rw - fuseblk /dev/sdb1 rw\n";
  assertEquals(
    remoteDisksIn(list),
    new Map([["/srv/my mail", 52], ["/home/joe/remote", 300 % 256 + 2 ** 20]]),
  );
  assert(remoteDisksIn("").size === 0);
});
