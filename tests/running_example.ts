/** An example as a process of its own, until the test is over. Its files are those of a folder of the test. */
import { dirname, fromFileUrl, join } from "@std/path";
import { TemporaryFolder } from "./temporary_folder.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

/** A folder with these files. */
export async function folderWith(
  files: Readonly<Record<string, string>>,
): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder.path, name)), { recursive: true });
    await Deno.writeTextFile(join(folder.path, name), text);
  }
  return folder;
}

export class RunningExample implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #said: ReadableStreamDefaultReader<string>;
  /** The free port that it has in place of each one that it names. */
  readonly #ports: ReadonlyMap<number, number>;

  private constructor(
    process: Deno.ChildProcess,
    said: ReadableStreamDefaultReader<string>,
    ports: ReadonlyMap<number, number>,
  ) {
    this.#process = process;
    this.#said = said;
    this.#ports = ports;
  }

  /** Starts it, and waits until it listens on the ports that it names. */
  static async start(
    name: string,
    { args = [], folder = root, ports = [1100] }: {
      readonly args?: readonly string[];
      readonly folder?: string;
      readonly ports?: readonly number[];
    } = {},
  ): Promise<RunningExample> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "-A", "--config", `${root}/deno.json`],
        ...["--preload", `${root}/tests/free_port.ts`, `${root}/examples/${name}.ts`, ...args],
      ],
      cwd: folder,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const said = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const opened = new Map<number, number>();
    for (let text = ""; ports.some((port) => !opened.has(port));) {
      const { done, value } = await said.read();
      if (done) throw new Error(`${name} did not start: ${text}`);
      text += value;
      for (const [, port, free] of text.matchAll(/^(\d+) is (\d+)\n/gm)) {
        opened.set(Number(port), Number(free));
      }
    }
    return new RunningExample(process, said, opened);
  }

  /** The free port in place of one that the program names. */
  portOf(named: number): number {
    return this.#ports.get(named) ?? 0;
  }

  /** The free port in place of 1100. */
  get port(): number {
    return this.portOf(1100);
  }

  /** Waits until it has printed this. */
  async says(text: string): Promise<void> {
    for (let said = ""; !said.includes(text);) {
      const { done, value } = await this.#said.read();
      if (done) throw new Error(`the example ended, and had said ${said}`);
      said += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#said.cancel();
    await this.#process.status;
  }
}
