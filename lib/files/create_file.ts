/** Creates a file and writes it, on other threads; on a slow disk, each call in its turn. */
import { type SlowDisks, slowDisks } from "./slow_disks.ts";

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
