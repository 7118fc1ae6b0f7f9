/** The program as a child with the permissions of the executable. A part can stop and resume reading its log. */
import { fromFileUrl } from "@std/path";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

/** The numbers of open descriptors of a process, by kind. */
export type Descriptors = ReadonlyMap<string, number>;

export class SoakServer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  #hasEnded = false;
  /** The numbers of log lines by event; `login-failed reason=banned` counts as `banned`. */
  readonly events = new Map<string, number>();
  /** The last lines of its log. */
  readonly lastLines: string[] = [];
  #reading: PromiseWithResolvers<void> | null = null;
  readonly #logIsRead: Promise<void>;
  readonly port: number;
  readonly tlsPort: number;

  private constructor(process: Deno.ChildProcess, ready: string) {
    this.#process = process;
    this.port = Number(/pop3:\/\/\S+:(\d+)/.exec(ready)?.[1]);
    this.tlsPort = Number(/pop3s:\/\/\S+:(\d+)/.exec(ready)?.[1]);
    this.#logIsRead = this.#readLog();
    process.status.then(() => this.#hasEnded = true);
  }

  static async start(args: readonly string[], stateHome: string): Promise<SoakServer> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", ...EXECUTABLE_PERMISSIONS, "main.ts", ...args],
      cwd: root,
      env: { NO_COLOR: "1", XDG_STATE_HOME: stateHome },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let ready = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      ready += text;
      if (/^ready: /m.test(ready)) return new SoakServer(process, ready);
    }
    throw new Error(`The server did not start: ${await new Response(process.stderr).text()}`);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Stops reading the log. */
  stopReading(): void {
    this.#reading ??= Promise.withResolvers();
  }

  goOnReading(): void {
    this.#reading?.resolve();
    this.#reading = null;
  }

  async #readLog(): Promise<void> {
    let rest = "";
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#note(line);
      await this.#reading?.promise;
    }
  }

  #note(line: string): void {
    const [, event = "other"] = /^(?:<\d>)?(?:\S+Z )?\w+ ([a-z-]+)/.exec(line) ?? [];
    const name = event === "login-failed" && line.includes("reason=banned") ? "banned" : event;
    this.events.set(name, (this.events.get(name) ?? 0) + 1);
    this.lastLines.push(line);
    if (this.lastLines.length > 10) this.lastLines.shift();
  }

  descriptors(): Descriptors {
    const found = new Map<string, number>();
    const folder = `/proc/${this.#process.pid}/fd`;
    for (const { name } of Deno.readDirSync(folder)) {
      const kind = kindOf(linkOf(`${folder}/${name}`));
      if (kind !== null) found.set(kind, (found.get(kind) ?? 0) + 1);
    }
    return found;
  }

  /** Ends the server by SIGTERM, and by SIGKILL when that takes too long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.goOnReading();
    if (!this.#hasEnded) this.#process.kill("SIGTERM");
    const force = setTimeout(() => this.#process.kill("SIGKILL"), 15_000);
    await this.#process.status;
    clearTimeout(force);
    await this.#logIsRead;
  }
}

function linkOf(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return null;
  }
}

function kindOf(target: string | null): string | null {
  if (target === null) return null;
  if (target.startsWith("socket:")) return "sockets";
  if (target.startsWith("pipe:") || target.startsWith("anon_inode:")) return "others";
  return "files";
}
