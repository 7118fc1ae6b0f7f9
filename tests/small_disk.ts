/** A small disk in memory, and ways to fill it. Mounting it needs root. */
import { join } from "@std/path";
import { TemporaryFolder } from "./temporary_folder.ts";

/** What the disk has no more of. */
export type Shortage = "blocks" | "inodes";

/** Why no small disk can be mounted here; null where one can. */
export const whyNoSmallDisk: string | null = mountFailure();

if (whyNoSmallDisk !== null) console.warn(`SKIPPED, tests on a full disk: ${whyNoSmallDisk}`);

/** A test on small disks. */
export function testOnSmallDisk(name: string, run: () => Promise<void>): void {
  Deno.test({ name, ignore: whyNoSmallDisk !== null, fn: run });
}

export class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.path = folder.path;
  }

  static async mount(): Promise<SmallDisk> {
    const folder = await TemporaryFolder.create();
    mount(folder.path);
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

function mountFailure(): string | null {
  if (Deno.build.os !== "linux") return "only Linux has tmpfs";
  if (Deno.uid() !== 0) return "mounting a small disk needs root";
  const path = Deno.makeTempDirSync();
  try {
    mount(path);
    run("umount", path);
    return null;
  } catch (error) {
    return String(error);
  } finally {
    Deno.removeSync(path);
  }
}

function mount(path: string): void {
  run("mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=200,mode=755", "none", path);
}

function run(command: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(command, { args: [...args] }).outputSync();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim()}`);
}
