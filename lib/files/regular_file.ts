/** A regular file that is open for reading, and what the system says about it. */
import { closeSync, fstat, fstatSync, read, readSync, type Stats } from "node:fs";
import { promisify } from "node:util";
import type { Awaitable } from "../protocol/reply.ts";
import { type FileIdentity, type FileTimes, identityOf, isSameInode } from "./file_identity.ts";
import type { SlowDisks } from "./slow_disks.ts";

/** A regular file that is open for reading. */
export interface OpenFile extends Disposable {
  /** The file as it was when it was opened. */
  readonly info: FileTimes;
  /** Reads at an offset, and returns the number of octets; 0 only at the end. */
  readNow(into: Uint8Array, at: number): number;
  /** The same: at once where the disk has been fast, on another thread where it is slow. */
  readSoon(into: Uint8Array, at: number): Awaitable<number>;
  /** Reads at an offset, on another thread. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** The identity of the open file now, even if its name means another file by then. */
  identityNow(): FileIdentity;
}

/** Asks the system about the open file itself, not about its name, which somebody could change. */
export function factsOf(fd: number): FileTimes {
  hasDescriptorPaths ??= isSeenInProc(fd);
  return hasDescriptorPaths ? Deno.statSync(descriptorPath(fd)) : slowFactsOf(fd);
}

/** Whether the descriptor has a path that we may look at: on Linux, with all permissions of Deno. */
let hasDescriptorPaths: boolean | null = null;

const descriptorPath = (fd: number) => `/proc/self/fd/${fd}`;

function isSeenInProc(fd: number): boolean {
  try {
    return isSameInode(Deno.statSync(descriptorPath(fd)), slowFactsOf(fd));
  } catch {
    return false;
  }
}

/** Takes five times as long: `node:fs` makes a `Date` of each time. */
function slowFactsOf(fd: number): FileTimes {
  return factsFrom(fstatSync(fd));
}

function factsFrom(stats: Stats): FileTimes {
  const { dev, ino, size, mtime, ctime, uid } = stats;
  return { isFile: stats.isFile(), dev, ino, size, mtime, ctime, uid };
}

/** The same, on another thread. */
export async function factsLater(fd: number): Promise<FileTimes> {
  return factsFrom(await promisify(fstat)(fd));
}

export class RegularFile implements OpenFile {
  readonly info: FileTimes;
  readonly #path: string;
  readonly #fd: number;
  readonly #disks: SlowDisks;
  #isOpen = true;
  /** How many reads are running on other threads: the file is closed after the last. */
  #reads = 0;

  constructor(path: string, fd: number, info: FileTimes, disks: SlowDisks) {
    this.#path = path;
    this.#fd = fd;
    this.info = info;
    this.#disks = disks;
  }

  readNow(into: Uint8Array, at: number): number {
    return readSync(this.#fd, into, 0, into.length, at);
  }

  readSoon(into: Uint8Array, at: number): Awaitable<number> {
    return this.#disks.call(
      this.#path,
      () => this.readNow(into, at),
      () => this.#readLater(into, at),
    );
  }

  read(into: Uint8Array, at: number): Promise<number> {
    return this.#disks.run(this.#path, () => this.#readLater(into, at));
  }

  /** A read whose caller has stopped waiting may still be running, or in the queue. */
  #readLater(into: Uint8Array, at: number): Promise<number> {
    if (!this.#isOpen) return Promise.resolve(0);
    this.#reads++;
    return new Promise((resolve, reject) => {
      read(this.#fd, into, 0, into.length, at, (error, count) => {
        this.#reads--;
        if (!this.#isOpen) this.#close();
        if (error) reject(error);
        else resolve(count);
      });
    });
  }

  identityNow(): FileIdentity {
    return identityOf(factsOf(this.#fd));
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#close();
  }

  #close(): void {
    if (this.#reads === 0) closeSync(this.#fd);
  }
}
