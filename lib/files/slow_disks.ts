/**
 * Knows which disks are slow, so that one slow disk does not hold up the sessions of all others.
 *
 * - On a disk that has been fast, a call that looks at a name, opens or reads is synchronous: it takes 5 µs, and 40 µs on
 *   another thread. All sessions wait for the first call that is slow.
 * - After that, calls on this disk are made on other threads, until it is fast again. turns.ts says how many at the same
 *   time.
 * - A disk of the network or of FUSE may never answer, so no call on it is synchronous, not even the first (Linux only).
 *
 * A disk is known by its `dev`. given_path.ts, which each login calls first, says on which disk a mailbox is. Calls for
 * other paths are always synchronous: those of the configuration, and of the state directory.
 */
import { BoundedMap } from "../protocol/bounded_map.ts";
import type { Awaitable } from "../protocol/reply.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { cpuWaitMs } from "./cpu_wait.ts";
import { remoteDisks } from "./remote_disks.ts";
import { type AllDisks, type CallOptions, SLOW_MS, SlowDisk } from "./slow_disk.ts";
import { Turns } from "./turns.ts";

/** For so many paths, the disk is remembered. */
const MOST_PATHS = 20_000;
/** How old what we know of the wait for the CPU may be. */
const SAMPLE_MS = 10;
/** How often we look for new mounts. */
const LOOK_FOR_MOUNTS_MS = 10_000;

export class SlowDisks {
  readonly #clock: Clock;
  readonly #remoteDisks: () => ReadonlyMap<string, number> | null;
  readonly #all: AllDisks;
  /** Disks on which a call was slow or asynchronous, and those of the network, by their `dev`. */
  readonly #disks = new Map<number, SlowDisk>();
  /** The `dev` of mailboxes and mount points. */
  readonly #devs = new BoundedMap<number>(MOST_PATHS);
  #lookedForMountsAt = -Infinity;
  readonly #cpuWaitMs: () => number;
  #sampledAt = -Infinity;
  #sample = 0;

  constructor(
    clock: Clock = systemClock,
    remote: () => ReadonlyMap<string, number> | null = remoteDisks,
    cpuWait: () => number = cpuWaitMs,
  ) {
    this.#clock = clock;
    this.#all = { clock, turns: new Turns(), slow: new Set() };
    this.#remoteDisks = remote;
    this.#cpuWaitMs = cpuWait;
  }

  /** Looks for disks of the network that were mounted since. */
  lookForMounts(): void {
    const now = this.#clock.now();
    if (now - this.#lookedForMountsAt < LOOK_FOR_MOUNTS_MS) return;
    this.#lookForMountsNow(now);
  }

  #lookForMountsNow(now: number): void {
    this.#lookedForMountsAt = now;
    const found = this.#remoteDisks();
    if (found === null) return;
    const devs = new Set(found.values());
    // A user who mounts again and again gets a new `dev` each time.
    for (const [dev, disk] of this.#disks) {
      if (disk.isRemote && !devs.has(dev) && disk.running === 0 && disk.isEmpty) this.#forget(dev);
    }
    for (const [path, dev] of found) {
      this.#devs.set(path, dev);
      if (this.isRemote(dev)) continue;
      this.#forget(dev);
      this.#disks.set(dev, new SlowDisk(this.#all, true));
    }
  }

  #forget(dev: number): void {
    const disk = this.#disks.get(dev);
    if (disk !== undefined) this.#all.slow.delete(disk);
    this.#disks.delete(dev);
  }

  /** What is below the path is on this disk. */
  isOn(path: string, dev: number): void {
    if (!this.#disks.has(dev) && this.isRemote(this.#devOf(path))) {
      // It may be a disk of the network as well, mounted since: NFS mounts the file systems below an export when it must.
      this.#lookForMountsNow(this.#clock.now());
      this.#disk(dev);
    }
    this.#devs.set(path, dev);
  }

  /** Whether its answers come from elsewhere. */
  isRemote(dev: number | undefined): boolean {
    return dev !== undefined && this.#disks.get(dev)?.isRemote === true;
  }

  /** Whether calls for the path are made on other threads. */
  isSlow(path: string): boolean {
    return this.#slowDiskOf(path) !== null;
  }

  /** The disk of exactly this path; undefined where it is not known. */
  devAt(path: string): number | undefined {
    return this.#devs.get(path);
  }

  /** Calls `now`, or, if the disk of the path is slow, `later`. A result that comes too late is released. */
  call<T>(
    path: string,
    now: () => T,
    later: () => Promise<T>,
    release?: (late: T) => void,
  ): Awaitable<T> {
    const slow = this.#slowDiskOf(path);
    if (slow !== null) return slow.run(later, release === undefined ? {} : { release });
    const began = this.#begin();
    try {
      return now();
    } finally {
      if (this.#wasLate(began)) this.#wasSlow(this.#devOf(path));
    }
  }

  /** The same, where the caller knows the disk. */
  callOn<Q, T>(
    dev: number | undefined,
    question: Q,
    now: (question: Q) => T,
    later: (question: Q) => Promise<T>,
  ): Awaitable<T> {
    const disk = dev === undefined ? undefined : this.#disks.get(dev);
    if (disk?.isSlow === true) return disk.run(() => later(question));
    const began = this.#begin();
    try {
      return now(question);
    } finally {
      if (this.#wasLate(began)) this.#wasSlow(dev);
    }
  }

  /** Makes a call that is always asynchronous. It must not wait for another one. */
  run<T>(path: string, call: () => Promise<T>, options?: CallOptions<T>): Promise<T> {
    const dev = this.#devOf(path);
    return dev === undefined ? call() : this.#disk(dev).run(call, options);
  }

  #disk(dev: number): SlowDisk {
    const disk = this.#disks.get(dev) ?? new SlowDisk(this.#all, false);
    this.#disks.set(dev, disk);
    return disk;
  }

  /** When a synchronous call begins. */
  #begin(): number {
    const began = this.#clock.now();
    if (began - this.#sampledAt > SAMPLE_MS) {
      this.#sampledAt = began;
      this.#sample = this.#cpuWaitMs();
    }
    return began;
  }

  #wasLate(began: number): boolean {
    const took = this.#clock.now() - began;
    // On a busy machine, a call may have waited for the CPU, not for the disk.
    return took > SLOW_MS && took - (this.#cpuWaitMs() - this.#sample) > SLOW_MS;
  }

  #wasSlow(dev: number | undefined): void {
    if (dev !== undefined) this.#disk(dev).wasSlow();
  }

  #slowDiskOf(path: string): SlowDisk | null {
    if (this.#all.slow.size === 0) return null;
    const dev = this.#devOf(path);
    const disk = dev === undefined ? undefined : this.#disks.get(dev);
    return disk?.isSlow === true ? disk : null;
  }

  /** The disk of the nearest folder that is known. */
  #devOf(path: string): number | undefined {
    for (let at = path;;) {
      const dev = this.#devs.get(at);
      if (dev !== undefined) return dev;
      const end = Math.max(at.lastIndexOf("/"), at.lastIndexOf("\\"));
      if (end <= 0) return this.#devs.get("/");
      at = at.slice(0, end);
    }
  }
}

/** Those of this machine. */
export const slowDisks: SlowDisks = new SlowDisks();
