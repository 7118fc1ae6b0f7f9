/** Starts `server_program.ts` as a process of its own. */
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { LoopbackClient } from "../loopback_client.ts";
import type { ServerOptions } from "./server_program.ts";

/** Variables that it must not obey. */
const HOSTILE = {
  PGHOST: "192.0.2.1",
  PGPORT: "1",
  PGUSER: "nobody",
  PGPASSWORD: "wrong",
  PGDATABASE: "nothing",
  PGOPTIONS: "-c search_path=nowhere",
  PGREPLICATION: "database",
  PGSSLMODE: "require",
};

export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #log = "";
  #onLog = () => {};

  private constructor(
    process: Deno.ChildProcess,
    port: number,
    output: ReadableStreamDefaultReader<string>,
  ) {
    this.#process = process;
    this.port = port;
    this.#reading = this.#read(output);
  }

  /** Starts it with the permissions of the executable, or with others. */
  static async start(
    options: ServerOptions,
    permissions: readonly string[] = EXECUTABLE_PERMISSIONS,
  ): Promise<ServerProcess> {
    const program = new URL("server_program.ts", import.meta.url).pathname;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", ...permissions, program, JSON.stringify(options)],
      env: { NO_COLOR: "1", ...HOSTILE },
      stdout: "piped",
    }).spawn();
    const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    for (;;) {
      const [, port] = /^(\d+)\n/m.exec(said) ?? [];
      if (port !== undefined) return new ServerProcess(process, Number(port), output);
      const { done, value } = await output.read();
      if (done) throw new Error(`the server has not started: ${said}`);
      said += value;
    }
  }

  /** Waits until it has logged this. */
  async untilLogged(text: string): Promise<void> {
    while (!this.#log.includes(text)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onLog = resolve;
      await promise;
    }
  }

  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(signal);
  }

  /** @throws the reply to a login that is refused */
  async logIn(username = "me"): Promise<LoopbackClient> {
    const client = await LoopbackClient.connect(this.port);
    const reply = await client.logIn("passw0rd", username);
    if (reply?.startsWith("+OK") === true) return client;
    client.close();
    throw new Error(reply ?? "closed");
  }

  /** Logs in as soon as it can be done, within some seconds. */
  async untilLoggedIn(): Promise<LoopbackClient> {
    for (let tries = 0;; tries++) {
      try {
        return await this.logIn();
      } catch (error) {
        if (tries === 100 || !/\[SYS\/TEMP\]|\[IN-USE\]/.test(String(error))) throw error;
        await new Promise((done) => setTimeout(done, 100));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // A test has killed it.
    }
    await this.#process.status;
    await this.#reading;
  }

  async #read(output: ReadableStreamDefaultReader<string>): Promise<void> {
    for (;;) {
      const { done, value } = await output.read();
      if (done) return;
      this.#log += value;
      this.#onLog();
    }
  }
}
