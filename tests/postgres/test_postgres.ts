/**
 * A real PostgreSQL server in a temporary folder, one for each file of tests, and a database of its own for each test.
 * Root may not run it: then it is run as the user `nobody`.
 */
import { TemporaryFolder } from "../temporary_folder.ts";

const BINARIES = binariesFolder();
export const HAS_POSTGRES = BINARIES !== null && Deno.build.os === "linux";
const NOBODY = 65_534;

/** The folder of initdb and pg_ctl; null where they are not installed. */
function binariesFolder(): string | null {
  try {
    const versions = [...Deno.readDirSync("/usr/lib/postgresql")].map(({ name }) => Number(name));
    return `/usr/lib/postgresql/${Math.max(...versions)}/bin`;
  } catch {
    return null;
  }
}

/** Registers a test with a database; prints a warning and skips it where PostgreSQL is missing. */
export function testWithPostgres(
  name: string,
  body: (database: TestDatabase) => Promise<void>,
): void {
  const ignore = !HAS_POSTGRES;
  if (ignore) console.warn(`SKIPPED: "${name}" needs PostgreSQL, which is not installed`);
  Deno.test({
    name,
    ignore,
    async fn() {
      await body(await newDatabase());
    },
  });
}

let server: TestPostgres | null = null;

/** A new database on the server of this file of tests, which is started for the first one. */
export async function newDatabase(): Promise<TestDatabase> {
  server ??= await TestPostgres.start();
  return await server.create();
}

globalThis.addEventListener("unload", () => server?.remove());

/** The command, run as the user `nobody` where this is root's. */
export function asNobody(command: readonly string[]): readonly string[] {
  const drop = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  return Deno.uid() === 0 ? [...drop, ...command] : command;
}

async function run(command: readonly string[]): Promise<string> {
  const [program = "", ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd: "/" }).output();
  const said = new TextDecoder().decode(stdout);
  if (success) return said;
  throw new Error(`${command.join(" ")}: ${said}${new TextDecoder().decode(stderr)}`);
}

export class TestPostgres {
  readonly folder: string;
  readonly port: number;
  #databases = 0;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  static async start(): Promise<TestPostgres> {
    const { path } = await TemporaryFolder.create();
    if (Deno.uid() === 0) await Deno.chown(path, NOBODY, NOBODY);
    await Deno.writeTextFile(`${path}/password`, "passw0rd");
    await Deno.chmod(`${path}/password`, 0o644);
    await run(asNobody([
      `${BINARIES}/initdb`,
      `--pgdata=${path}/data`,
      "--username=postgres",
      "--auth=scram-sha-256",
      `--pwfile=${path}/password`,
      "--encoding=UTF8",
      "--locale=C",
      "--no-sync",
    ]));
    const server = new TestPostgres(path, freePort());
    await server.start();
    const admin = new TestDatabase(server, "postgres");
    for (const role of ["server", "delivery"]) {
      await admin.sql(`create role ${role} login password 'passw0rd'`);
    }
    return server;
  }

  async start(): Promise<void> {
    const options = `-p ${this.port} -k ${this.folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
    await this.#control("start", "-l", `${this.folder}/log`, "-o", options);
  }

  /** @param mode `immediate` is a crash */
  async stop(mode: "fast" | "immediate"): Promise<void> {
    await this.#control("stop", "-m", mode);
  }

  /** Stops all processes of the server, so that it is silent, or lets them go on. */
  async signal(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const [line = ""] = (await Deno.readTextFile(`${this.folder}/data/postmaster.pid`)).split("\n");
    // The first one starts the others.
    Deno.kill(Number(line), signal);
    const children = (await run(["pgrep", "-P", line])).trim().split("\n");
    for (const pid of children.map(Number)) {
      try {
        Deno.kill(pid, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** Offers TLS from here on. */
  async useTls(cert: string, key: string): Promise<void> {
    for (const [name, text] of [["cert", cert], ["key", key]] as const) {
      const path = `${this.folder}/${name}.pem`;
      await Deno.writeTextFile(path, text);
      await Deno.chmod(path, 0o600);
      if (Deno.uid() === 0) await Deno.chown(path, NOBODY, NOBODY);
      const setting = `ssl_${name}_file`;
      await new TestDatabase(this, "postgres").sql(`alter system set ${setting} = '${path}'`);
    }
    await new TestDatabase(this, "postgres").sql("alter system set ssl = on");
    await this.stop("fast");
    await this.start();
  }

  /** A streaming standby, to which each commit is copied before its answer. Stop it before the server is used again. */
  async standby(): Promise<Standby> {
    const folder = `${this.folder}/standby`;
    const admin = new TestDatabase(this, "postgres");
    await run(asNobody([
      `${BINARIES}/pg_basebackup`,
      ...["-D", folder, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", admin.url()],
    ]));
    const standby = new Standby(folder, freePort(), async () => {
      await admin.sql("alter system reset synchronous_standby_names");
      await admin.sql("select pg_reload_conf()");
    });
    await standby.start();
    await admin.sql("alter system set synchronous_standby_names = '*'");
    await admin.sql("select pg_reload_conf()");
    return standby;
  }

  async #control(...args: readonly string[]): Promise<void> {
    await run(asNobody([`${BINARIES}/pg_ctl`, "-D", `${this.folder}/data`, "-w", ...args]));
  }

  /** A new database. */
  async create(): Promise<TestDatabase> {
    const name = `test${++this.#databases}`;
    const database = new TestDatabase(this, name);
    await new TestDatabase(this, "postgres").sql(`create database ${name}`);
    return database;
  }

  /** At the end of a file of tests, where nothing can be waited for. */
  remove(): void {
    const [program = "", ...args] = asNobody([
      `${BINARIES}/pg_ctl`,
      ...["-D", `${this.folder}/data`, "-m", "immediate", "-w", "stop"],
    ]);
    new Deno.Command(program, { args, cwd: "/", stdout: "null", stderr: "null" }).outputSync();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** Another server that follows the first, until it is promoted. */
export class Standby implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #done: () => Promise<void>;

  constructor(folder: string, port: number, done: () => Promise<void>) {
    this.#folder = folder;
    this.port = port;
    this.#done = done;
  }

  async start(): Promise<void> {
    const options = `-p ${this.port} -k ${this.#folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
    await this.#control("start", "-l", `${this.#folder}/log`, "-o", options);
  }

  async promote(): Promise<void> {
    await this.#control("promote");
  }

  async sql(database: string, text: string): Promise<string[]> {
    return await sqlAt(`postgres://postgres:passw0rd@127.0.0.1:${this.port}/${database}`, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control("stop", "-m", "immediate");
    await Deno.remove(this.#folder, { recursive: true });
    await this.#done();
  }

  async #control(...args: readonly string[]): Promise<void> {
    await run(asNobody([`${BINARIES}/pg_ctl`, "-D", this.#folder, "-w", ...args]));
  }
}

/** Runs SQL with psql. @returns the rows, their fields separated by `|` */
async function sqlAt(url: string, text: string): Promise<string[]> {
  const said = await run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url, "-c", text]);
  return said.split("\n").slice(0, -1);
}

export class TestDatabase {
  readonly server: TestPostgres;
  readonly name: string;
  /** Where pop3svc connects: the server, or a PgBouncer in front of it. */
  readonly port: number;

  constructor(server: TestPostgres, name: string, port = server.port) {
    this.server = server;
    this.name = name;
    this.port = port;
  }

  /** The URL for a role; that of the superuser leads to the server itself. */
  url(user = "postgres", port = user === "postgres" ? this.server.port : this.port): string {
    return `postgres://${user}:passw0rd@127.0.0.1:${port}/${this.name}`;
  }

  /** Runs SQL with psql, as the superuser by default. @returns the rows, their fields separated by `|` */
  async sql(text: string, user = "postgres"): Promise<string[]> {
    return await sqlAt(this.url(user), text);
  }
}

/** A port that nobody uses now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
