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

export class TestDatabase {
  readonly server: TestPostgres;
  readonly name: string;

  constructor(server: TestPostgres, name: string) {
    this.server = server;
    this.name = name;
  }

  /** The URL for a role. */
  url(user = "postgres", port = this.server.port): string {
    return `postgres://${user}:passw0rd@127.0.0.1:${port}/${this.name}`;
  }

  /** Runs SQL with psql, as the superuser by default. @returns the rows, their fields separated by `|` */
  async sql(text: string, user = "postgres"): Promise<string[]> {
    const said = await run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", this.url(user), "-c", text]);
    return said.split("\n").slice(0, -1);
  }
}

/** A port that nobody uses now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
