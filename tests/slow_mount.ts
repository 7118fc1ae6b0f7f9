/** A real file system that answers as late as a test wants, or not at all. Mounting it needs root and /dev/fuse. */
import { fromFileUrl } from "@std/path";
import { TemporaryFolder } from "./temporary_folder.ts";

const script = fromFileUrl(new URL("slow_mount.py", import.meta.url));

/** Shows another folder, read-only. */
export class SlowMount implements AsyncDisposable {
  readonly path: string;
  readonly #folder: TemporaryFolder;
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stdout: ReadableStreamDefaultReader<string>;

  private constructor(folder: TemporaryFolder, process: Deno.ChildProcess) {
    this.#folder = folder;
    this.#process = process;
    this.path = folder.path;
    this.#stdin = process.stdin.getWriter();
    this.#stdout = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** @param source the folder to show */
  static async mount(source: string): Promise<SlowMount> {
    const folder = await TemporaryFolder.create();
    const process = new Deno.Command("python3", {
      args: [script, source, folder.path],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const mount = new SlowMount(folder, process);
    if ((await mount.#stdout.read()).value === undefined) throw new Error("it cannot be mounted");
    return mount;
  }

  /** From now on, no call gets an answer. */
  async hang(): Promise<void> {
    await this.#set("hang");
  }

  /** From now on, each request takes so long; calls that hang get their answers. */
  async answer(milliseconds: number): Promise<void> {
    await this.#set(String(milliseconds));
  }

  /** Resolves once a request waits for its answer. */
  async untilAsked(): Promise<void> {
    await this.#set("tell");
  }

  async #set(word: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${word}\n`));
    const { done } = await this.#stdout.read();
    if (done) throw new Error("it is not mounted any more");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    await this.#process.status;
    await this.#stdout.cancel();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Why no slow file system can be mounted here; null where one can. */
export const whyNoSlowMount: string | null = await reason();

if (whyNoSlowMount !== null) console.warn(`SKIPPED, tests on a slow disk: ${whyNoSlowMount}`);

async function reason(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "only Linux has /dev/fuse";
  if (Deno.uid() !== 0) return "mounting by FUSE needs root";
  try {
    await using source = await TemporaryFolder.create();
    await using _mount = await SlowMount.mount(source.path);
    return null;
  } catch (error) {
    return String(error);
  }
}
