/** A real PgBouncer in transaction mode, in front of a database of a test. */
import { TemporaryFolder } from "../temporary_folder.ts";
import {
  asNobody,
  freePort,
  HAS_POSTGRES,
  TestDatabase,
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

/** Registers a test twice: with PostgreSQL, and with a PgBouncer in transaction mode in front of it. */
export function testEachWay(
  name: string,
  body: (database: TestDatabase, isBounced: boolean) => Promise<void>,
): void {
  testWithPostgres(name, (database) => body(database, false));
  testWithPgBouncer(`${name}, through PgBouncer`, async (database) => {
    await using bouncer = await TestPgBouncer.start(database);
    await body(new TestDatabase(database.server, database.name, bouncer.port), true);
  });
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

  /** @param to where the server is, unless it is at its own port */
  static async start(database: TestDatabase, to = database.server.port): Promise<TestPgBouncer> {
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
* = host=127.0.0.1 port=${to} pool_size=2
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder.path}/users
pool_mode = transaction
server_login_retry = 1
query_wait_timeout = 5
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

/** The same way to a server, at an address that a test moves. */
export async function movable(
  database: TestDatabase,
  isBounced: boolean,
  to: number,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const bouncer = isBounced ? await TestPgBouncer.start(database, to) : null;
  return {
    url: database.url("server", bouncer?.port ?? to),
    [Symbol.asyncDispose]: async () => await bouncer?.[Symbol.asyncDispose](),
  };
}
