/**
 * Creates a file and writes it. On a slow disk, this uses calls of the C library (system_library.ts): Deno closes a copy of
 * the descriptor after each asynchronous write, and NFS writes everything to the server then, on our own thread.
 */
import { constants, fsyncSync, open, writeSync } from "node:fs";
import { promisify } from "node:util";
import { closeFile } from "./close_file.ts";
import { type SlowDisks, slowDisks } from "./slow_disks.ts";
import { type SystemLibrary, systemLibrary } from "./system_library.ts";

/** A file that is being written. */
export interface WritableFile extends Disposable {
  write(octets: Uint8Array): Promise<void>;
  /** Resolves once the file's octets would survive a loss of power. */
  sync(): Promise<void>;
}

/**
 * @param disks for tests
 * @throws {Deno.errors.AlreadyExists} when the name is taken
 */
export async function createFile(
  path: string,
  mode: number,
  disks: SlowDisks = slowDisks,
): Promise<WritableFile> {
  const library = disks.isSlow(path) ? systemLibrary() : null;
  if (library !== null) return await createLater(path, mode, disks, library);
  const options = { write: true, createNew: true, mode };
  const file = await disks.run(path, () => Deno.open(path, options), {
    release: (late) => late.close(),
  });
  return {
    async write(octets) {
      for (let written = 0; written < octets.length;) {
        written += await disks.run(path, () => file.write(octets.subarray(written)));
      }
    },
    sync: () => disks.run(path, () => file.sync(), { isLong: true }),
    [Symbol.dispose]: () => file.close(),
  };
}

async function createLater(
  path: string,
  mode: number,
  disks: SlowDisks,
  library: SystemLibrary,
): Promise<WritableFile> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const fd = await disks.run(path, () => promisify(open)(path, flags, mode), {
    release: (late) => closeFile(path, late, disks),
  }).catch(throwAsDeno);
  /** How many calls are running: the file is closed after the last. */
  let running = 0;
  let isOpen = true;
  const run = <T>(call: () => Promise<T>, isLong: boolean) =>
    disks.run(path, async () => {
      if (!isOpen) throw new Deno.errors.BadResource(`${path} was closed`);
      running++;
      try {
        return await call();
      } finally {
        if (--running === 0 && !isOpen) closeFile(path, fd, disks);
      }
    }, { isLong });
  return {
    async write(octets) {
      for (let written = 0; written < octets.length;) {
        const rest = octets.subarray(written);
        const count = await run(() => library.write(fd, rest), false);
        // Only its thread knows why it failed. The disk has answered, so we ask it again.
        written += count < 0 ? writeSync(fd, rest) : count;
      }
    },
    async sync() {
      if (await run(() => library.sync(fd), true)) return;
      // The system tells an error once, so that this call succeeds does not mean that all is on the disk.
      fsyncSync(fd);
      throw new Error(`${path} could not be written to the disk`);
    },
    [Symbol.dispose]() {
      if (!isOpen) return;
      isOpen = false;
      if (running === 0) closeFile(path, fd, disks);
    },
  };
}

/** Throws an error of `node:fs` as that of Deno. */
function throwAsDeno(error: unknown): never {
  const code = error instanceof Error && "code" in error ? error.code : null;
  const message = String(error);
  if (code === "EEXIST") throw new Deno.errors.AlreadyExists(message, { cause: error });
  if (code === "ENOENT") throw new Deno.errors.NotFound(message, { cause: error });
  if (code === "EACCES" || code === "EPERM") {
    throw new Deno.errors.PermissionDenied(message, { cause: error });
  }
  throw error;
}
