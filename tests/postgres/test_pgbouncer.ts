/** A real PgBouncer in transaction mode, in front of a database of a test. */
import { TemporaryFolder } from "../temporary_folder.ts";
import {
  asNobody,
  freePort,
  HAS_POSTGRES,
  type TestDatabase,
  testWithPostgres,
} from "./test_postgres.ts";

const isInstalled = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** Registers a test that needs PgBouncer; prints a warning and skips it where that is missing. */
export function testWithPgBouncer(
  name: string,
  body: (database: TestDatabase) => Promise<void>,
): void {
  if (isInstalled !== undefined || !HAS_POSTGRES) return testWithPostgres(name, body);
  console.warn(`SKIPPED: "${name}" needs pgbouncer, which is not installed`);
  Deno.test.ignore(name, () => {});
}

export class TestPgBouncer implements AsyncDisposable {
  readonly port: number;
  readonly #process: Deno.ChildProcess;
  readonly #folder: TemporaryFolder;

  private constructor(port: number, process: Deno.ChildProcess, folder: TemporaryFolder) {
    this.port = port;
    this.#process = process;
    this.#folder = folder;
  }

  static async start(database: TestDatabase): Promise<TestPgBouncer> {
    const folder = await TemporaryFolder.create();
    await Deno.chmod(folder.path, 0o755);
    const port = freePort();
    await Deno.writeTextFile(
      `${folder.path}/users`,
      `"server" "passw0rd"\n"delivery" "passw0rd"\n`,
    );
    // Two connections for all: a session that kept one to itself would be noticed.
    await Deno.writeTextFile(
      `${folder.path}/ini`,
      `[databases]
* = host=127.0.0.1 port=${database.server.port} pool_size=2
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder.path}/users
pool_mode = transaction
`,
    );
    const [program = "", ...args] = asNobody([isInstalled ?? "", "-q", `${folder.path}/ini`]);
    const process = new Deno.Command(program, { args, cwd: "/", stderr: "null" }).spawn();
    const bouncer = new TestPgBouncer(port, process, folder);
    await bouncer.#untilOpen();
    return bouncer;
  }

  async #untilOpen(): Promise<void> {
    for (;;) {
      try {
        using _socket = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
        return;
      } catch {
        await new Promise((done) => setTimeout(done, 20));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#folder[Symbol.asyncDispose]();
  }
}
