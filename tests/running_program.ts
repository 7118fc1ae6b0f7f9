import { fromFileUrl } from "@std/path";

const root = fromFileUrl(new URL("..", import.meta.url));

/** The outcome of a program that has ended. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function command(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin: "null" | "piped",
  permissions: readonly string[],
  shell: string | null = null,
): Deno.Command {
  // executable_test.ts sets this variable to run the tests against the compiled executable.
  const executable = Deno.env.get("EXECUTABLE_UNDER_TEST");
  const run = ["run", "--quiet", "--no-check", ...permissions, "main.ts"];
  const program = executable ?? Deno.execPath();
  const all = [...(executable === undefined ? run : []), ...args];
  return new Deno.Command(shell === null ? program : "sh", {
    args: shell === null ? all : ["-c", shell, "sh", program, ...all],
    cwd: root,
    env: { NO_COLOR: "1", POP3SVC_PASSWORD: "", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

const EVERYTHING = ["-A"];

/** Runs the program until it ends by itself. */
export async function runProgram(
  args: readonly string[],
  { env = {}, stdin = "", permissions = EVERYTHING }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string;
    readonly permissions?: readonly string[];
  } = {},
): Promise<ProgramResult> {
  const process = command(args, env, "piped", permissions).spawn();
  const writer = process.stdin.getWriter();
  // A program that reads no input may have ended already.
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The program as a process of its own that serves on a free port; disposing of it kills it. */
export class RunningProgram implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdout: AsyncIterator<string>;
  readonly #stderr: Promise<string>;
  /** Its standard output up to the ready line. */
  readonly readyLines: string[] = [];

  private constructor(process: Deno.ChildProcess, hangsUp: boolean) {
    this.#process = process;
    this.#stdout = linesOf(process.stdout);
    this.#stderr = hangsUp
      ? process.stderr.cancel().then(() => "")
      : new Response(process.stderr).text();
  }

  /**
   * @param shell a shell command that runs the program as `"$@"`, to redirect its output
   * @param hangsUp whether to close the reading end of its standard error at once
   */
  static async start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    permissions: readonly string[] = EVERYTHING,
    { shell = null, hangsUp = false }: {
      readonly shell?: string | null;
      readonly hangsUp?: boolean;
    } = {},
  ): Promise<RunningProgram> {
    // A test that ends the program with clients connected does not wait for them, unless it says so.
    const options = ["--port", "0", "--settle-time", "0", "--drain-time", "0", ...args];
    const process = command(options, env, "null", permissions, shell).spawn();
    const program = new RunningProgram(process, hangsUp);
    for (;;) {
      const line = await program.#stdout.next();
      if (line.done === true) throw new Error(`It did not start: ${await program.#stderr}`);
      program.readyLines.push(line.value);
      if (/^ready: |"ready"/.test(line.value)) return program;
    }
  }

  /** Its first port without implicit TLS. */
  get port(): number {
    return this.#portOf("pop3");
  }

  /** Its first port with implicit TLS. */
  get tlsPort(): number {
    return this.#portOf("pop3s");
  }

  #portOf(scheme: string): number {
    const address = new RegExp(`${scheme}://.*:(\\d+)"?`);
    return Number(this.readyLines.map((line) => address.exec(line)?.[1]).find((port) => port));
  }

  /** Its process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Sends a signal, without waiting for anything. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Sends a signal and waits until the process ends. */
  async end(signal: Deno.Signal): Promise<ProgramResult> {
    this.#process.kill(signal);
    const { code } = await this.#process.status;
    const rest: string[] = [];
    for (
      let line = await this.#stdout.next();
      line.done !== true;
      line = await this.#stdout.next()
    ) {
      rest.push(line.value);
    }
    return { code, stdout: rest.join("\n"), stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#process.status;
    await this.#stderr;
    await this.#stdout.return?.();
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
