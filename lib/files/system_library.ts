/**
 * Calls of the system's C library, for files on slow disks. Deno makes an asynchronous call on a copy of the descriptor, and
 * closes that on the thread that runs the program, as it does with each file. But `close` waits for the disk, too, and a FUSE
 * file system may never answer it.
 *
 * This needs Linux and all permissions of Deno, as the list of mounts does (remote_disks.ts).
 */
import { closeSync, openSync } from "node:fs";

export interface SystemLibrary {
  /** Reads at an offset, on another thread. */
  read(fd: number, into: Uint8Array, at: number): Promise<number>;
  /** Writes on another thread, and returns the number of octets; -1 where it fails. */
  write(fd: number, octets: Uint8Array): Promise<number>;
  /** Writes everything to the disk, on another thread; false where it fails. */
  sync(fd: number): Promise<boolean>;
  /** Puts something else in the place of the file, which closes it on another thread. The descriptor stays open. */
  release(fd: number): Promise<void>;
}

let library: SystemLibrary | null | undefined;

/** Null where we may not call it. */
export function systemLibrary(): SystemLibrary | null {
  return library === undefined ? library = load() : library;
}

function load(): SystemLibrary | null {
  if (Deno.build.os !== "linux") return null;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize", nonblocking: true },
      write: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
      fsync: { parameters: ["i32"], result: "i32", nonblocking: true },
      dup2: { parameters: ["i32", "i32"], result: "i32", nonblocking: true },
    });
    return {
      async read(fd, into, at) {
        const octets = new Uint8Array(into.length);
        const count = Number(await symbols.pread(fd, octets, BigInt(octets.length), BigInt(at)));
        // Its thread knows why.
        if (count < 0) throw new Error("The disk cannot be read");
        into.set(octets.subarray(0, count));
        return count;
      },
      async write(fd, octets) {
        const copy = octets.slice();
        return Number(await symbols.write(fd, copy, BigInt(copy.length)));
      },
      async sync(fd) {
        return await symbols.fsync(fd) === 0;
      },
      async release(fd) {
        const nothing = openSync("/dev/null", "r");
        try {
          await symbols.dup2(nothing, fd);
        } finally {
          closeSync(nothing);
        }
      },
    };
  } catch {
    // Another C library.
    return null;
  }
}
