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
  disks.disks.callOn(SLOW, null, () => waits(190), () => Promise.resolve());
  assertEquals(await disks.call(1), "now");
  disks.disks.callOn(SLOW, null, () => waits(170), () => Promise.resolve());
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
  disks.callOn(SLOW, null, () => clock.advance(200), () => Promise.resolve());
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

Deno.test("eight calls wait for a slow disk at most, and one where many disks hang", async () => {
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
  assertEquals([...waiting], [[1, 8], [2, 8], [3, 4], [4, 1], [5, 1]]);
  never.resolve(null);
  await Promise.all(calls);
  assertEquals([...waiting.values()], [50, 50, 50, 50, 50]);
});

Deno.test("28 calls wait for all disks together, and the next turn goes to the disk that has waited longest", async () => {
  const devs = Array.from({ length: 40 }, (_, number) => number + 1);
  const { disks } = new Disks(new Map(devs.map((dev) => [`/net/${dev}`, dev])));
  disks.lookForMounts();
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const calls = [1, 1, ...devs].map((dev) =>
    disks.run(`/net/${dev}/a`, () => {
      began.push(dev);
      return new Promise<void>((resolve) => ends.push(resolve));
    })
  );
  assertEquals(began, [1, 1, 1, ...devs.slice(1, 26)]);
  for (let end = 0; end < calls.length; end++) {
    ends[end]?.();
    await calls[end];
  }
  assertEquals(began, [1, 1, ...devs]);
});

Deno.test("disks that hang leave turns to the others, and a disk with many calls takes none from one with few", async () => {
  const remote = new Map([1, 2, 3, 4].map((dev) => [`/net/${dev}`, dev]));
  const { disks } = new Disks(remote);
  disks.lookForMounts();
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const call = (dev: number) =>
    disks.run(`/net/${dev}/a`, () => {
      began.push(dev);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  const calls = [1, 2].flatMap((dev) => Array.from({ length: 8 }, () => call(dev)));
  for (let count = 0; count < 20; count++) calls.push(call(3));
  for (let count = 0; count < 3; count++) calls.push(call(4));
  assertEquals(began.slice(16), [3, 3, 3, 3, 4]);
  const endNext = async () => {
    ends[16]?.();
    ends.splice(16, 1);
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (let count = 0; count < 6; count++) await endNext();
  // The two disks that hang have 16 turns; the other two take turns.
  assertEquals(began.slice(21), [3, 4, 3, 4, 3]);
  for (const end of ends) end();
  while (began.length < calls.length) await endNext();
  for (const end of ends) end();
  await Promise.all(calls);
});

Deno.test("reads of large messages on a local disk that dies leave threads to the others", async () => {
  const { disks } = new Disks();
  const never = Promise.withResolvers<null>();
  let waiting = 0;
  const reads = Array.from(
    { length: 40 },
    () => disks.run("/mail/slow/a", () => (waiting++, never.promise)),
  );
  assertEquals(waiting, 16);
  never.resolve(null);
  await Promise.all(reads);
  assertEquals(waiting, 40);
});

Deno.test("an asynchronous call that is slow shows that a disk is slow; a sync does not", async () => {
  const disks = new Disks();
  const takes = (milliseconds: number, isLong: boolean) =>
    disks.disks.run("/mail/slow/a", async () => {
      disks.clock.advance(milliseconds);
      await Promise.resolve();
    }, { isLong });
  await takes(999, false);
  await takes(5_000, true);
  assertEquals(await disks.call(1), "now");
  await takes(1_001, false);
  assertEquals(await disks.call(1), "later");
});

Deno.test("a call that must be made is made although nobody waits for it any more", async () => {
  const { disks, clock } = new Disks(new Map([["/net", SLOW]]));
  disks.lookForMounts();
  const answer = Promise.withResolvers<void>();
  const calls = Array.from({ length: 8 }, () => disks.run("/net/a", () => answer.promise));
  let isClosed = false;
  const closing = disks.run("/net/a", () => {
    isClosed = true;
    return Promise.resolve();
  }, { mustRun: true });
  const failures = Promise.all(
    [...calls, closing].map((call) => assertRejects(() => call, Deno.errors.TimedOut)),
  );
  clock.advance(30_000);
  await failures;
  assert(!isClosed);
  answer.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert(isClosed);
});

Deno.test("a disk that is mounted below one of the network is looked up at once", async () => {
  const remote = new Map([["/net", SLOW]]);
  const { disks } = new Disks(remote);
  const call = (path: string) => disks.call(path, () => "now", () => Promise.resolve("later"));
  disks.lookForMounts();
  remote.set("/net/joe", 70);
  disks.isOn("/net/joe", 70);
  assertEquals(await call("/net/joe/new/1"), "later");
  // A disk of this machine may be there, too.
  disks.isOn("/net/local", 71);
  assertEquals(await call("/net/local/new/1"), "now");
});

Deno.test("a disk of the network stays one while the list of mounts cannot be read, and no longer than it is mounted", async () => {
  const clock = new ManualClock();
  let remote: ReadonlyMap<string, number> | null = new Map([["/net", SLOW]]);
  const disks = new SlowDisks(clock, () => remote, () => 0);
  const call = () => disks.call("/net/a", () => "now", () => Promise.resolve("later"));
  disks.lookForMounts();
  for (const [list, expected] of [[null, "later"], [new Map(), "now"]] as const) {
    remote = list;
    clock.advance(10_000);
    disks.lookForMounts();
    assertEquals(await call(), expected);
  }
});

Deno.test("a call without an answer fails in the end, and a late result is released", async () => {
  const { disks, clock } = new Disks(new Map([["/net", SLOW]]));
  disks.lookForMounts();
  const answer = Promise.withResolvers<string>();
  const released: string[] = [];
  const calls = Array.from(
    { length: 9 },
    () =>
      disks.run("/net/a", () => answer.promise, {
        release: (late) => released.push(late),
      }),
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
    "92 22 8:17 / /media/usb rw - fuseblk /dev/sdb1 rw\n" +
    "93 22 0:60 / /home rw - autofs systemd-1 rw,fd=42\n" +
    "94 22 0:61 / /mnt/c rw - 9p C: rw\n" +
    "95 22 0:62 / /mnt/mac rw - virtiofs mac rw\n";
  assertEquals(
    remoteDisksIn(list),
    new Map([
      ["/srv/my mail", 52],
      ["/home/joe/remote", 300 % 256 + 2 ** 20],
      ["/home", 60],
      ["/mnt/c", 61],
      ["/mnt/mac", 62],
    ]),
  );
  assert(remoteDisksIn("").size === 0);
});
