/**
 * A small disk, and ways to fill it. Mounting it needs root. In memory, a folder needs no block; on ext4 it does.
 */
import { join } from "@std/path";
import { TemporaryFolder } from "./temporary_folder.ts";

/** What the disk has no more of. */
export type Shortage = "blocks" | "inodes";

/** The file system of a small disk. */
export type DiskFormat = "tmpfs" | "ext4";

/** Why no small disk can be mounted here; null where one can. */
export const whyNoSmallDisk: string | null = mountFailure("tmpfs");
const whyNoExt4 = whyNoSmallDisk ?? mountFailure("ext4");

if (whyNoSmallDisk !== null) console.warn(`SKIPPED, tests on a full disk: ${whyNoSmallDisk}`);
else if (whyNoExt4 !== null) console.warn(`SKIPPED, tests on a full ext4: ${whyNoExt4}`);

/** A test on small disks. */
export function testOnSmallDisk(
  name: string,
  run: () => Promise<void>,
  format: DiskFormat = "tmpfs",
): void {
  const whyNot = format === "ext4" ? whyNoExt4 : whyNoSmallDisk;
  Deno.test({ name, ignore: whyNot !== null, fn: run });
}

export class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.path = folder.path;
  }

  static async mount(format: DiskFormat = "tmpfs"): Promise<SmallDisk> {
    const folder = await TemporaryFolder.create();
    mount(folder.path, format);
    return new SmallDisk(folder);
  }

  /** Fills the disk until not one octet, or not one file, finds room. */
  fill(shortage: Shortage): void {
    try {
      if (shortage === "blocks") fillBlocks(join(this.path, "filler"));
      else {for (let count = 1;; count++) {
          Deno.createSync(join(this.path, `filler-${count}`)).close();
        }}
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes("os error 28")) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    run("umount", "-l", this.path);
    await this.#folder[Symbol.asyncDispose]();
  }
}

function fillBlocks(path: string): void {
  using file = Deno.createSync(path);
  for (const octets of [65_536, 1]) {
    try {
      for (;;) file.writeSync(new Uint8Array(octets));
    } catch (error) {
      if (octets === 1) throw error;
    }
  }
}

function mountFailure(format: DiskFormat): string | null {
  if (Deno.build.os !== "linux") return "only Linux has tmpfs";
  if (Deno.uid() !== 0) return "mounting a small disk needs root";
  const path = Deno.makeTempDirSync();
  try {
    mount(path, format);
    run("umount", path);
    return null;
  } catch (error) {
    return String(error);
  } finally {
    Deno.removeSync(path);
  }
}

function mount(path: string, format: DiskFormat): void {
  if (format === "ext4") {
    const image = Deno.makeTempFileSync();
    try {
      Deno.truncateSync(image, 1_048_576);
      run("mkfs.ext4", "-q", "-N", "200", "-O", "^has_journal", image);
      return run("mount", "-o", "loop", image, path);
    } finally {
      // The mount keeps the file.
      Deno.removeSync(image);
    }
  }
  run("mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=200,mode=755", "none", path);
}

function run(command: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(command, { args: [...args] }).outputSync();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim()}`);
}
