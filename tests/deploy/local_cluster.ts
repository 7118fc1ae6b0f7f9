/** A cluster that deploy/cluster/local.sh starts from Debian's packages, with the program of this clone. */
import { existsSync } from "node:fs";
import { fromFileUrl, join } from "@std/path";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { HAS_POSTGRES } from "../postgres/test_postgres.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));
const script = join(root, "deploy/cluster/local.sh");

/** A part that can be stopped and started alone. */
export type Part = "postgres" | "pgbouncer" | "haproxy" | (typeof SERVERS)[number];

export const SERVERS = ["pop3svc-1", "pop3svc-2", "pop3svc-3"] as const;

/** Columns of HAProxy's statistics. */
const [NAME, SESSIONS, STATUS] = [1, 4, 17];

/** Whose rights a command has. */
export type Role = "owner" | "server" | "delivery";

export class LocalCluster implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  /** Variables for the parts that are started from now on. */
  environment: Readonly<Record<string, string>> = {};
  readonly #program: string;
  readonly port: number;
  readonly tlsPort: number;

  private constructor(folder: TemporaryFolder, program: string, told: string) {
    this.folder = folder;
    this.#program = program;
    const portOf = (scheme: string) =>
      Number(new RegExp(`^${scheme}://127\\.0\\.0\\.1:(\\d+)`, "m").exec(told)?.[1]);
    this.port = portOf("pop3");
    this.tlsPort = portOf("pop3s");
  }

  /** Starts all parts, with a certificate of the tests. */
  static async start(...options: readonly string[]): Promise<LocalCluster> {
    const folder = await TemporaryFolder.create();
    const program = join(folder.path, "pop3svc");
    await Deno.writeTextFile(program, await executable(), { mode: 0o755 });
    await Deno.mkdir(join(folder.path, "cluster/tls"), { recursive: true });
    await Deno.chmod(folder.path, 0o755);
    for (const [name, text] of [["fullchain", certificate.cert], ["privkey", certificate.key]]) {
      await Deno.writeTextFile(join(folder.path, `cluster/tls/${name}.pem`), text ?? "");
    }
    const cluster = join(folder.path, "cluster");
    try {
      const told = await run(script, ["start", cluster, "--executable", program, ...options]);
      return new LocalCluster(folder, program, told);
    } catch (error) {
      await run(script, ["stop", cluster]);
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command of the program with the rights of a role. */
  async command(
    role: Role,
    args: readonly string[],
    stdin = "",
  ): Promise<string> {
    const url = await this.urlOf(role);
    return await run(this.#program, args, { stdin, env: { POP3SVC_POSTGRES: url } });
  }

  /** The URL of the database for a role. */
  async urlOf(role: Role): Promise<string> {
    const text = await Deno.readTextFile(this.#at(`secrets/${role}.env`));
    return /^POP3SVC_POSTGRES=(.*)$/m.exec(text)?.[1] ?? "";
  }

  /** Runs SQL as the superuser, through the socket of PostgreSQL. */
  async sql(text: string): Promise<string> {
    const port = await this.postgresPort();
    const host = ["-h", this.#at("postgres/data"), "-p", `${port}`, "-U", "postgres", "mail"];
    return await run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", ...host], { stdin: text });
  }

  /** Waits until a server's port with TLS refuses connections. */
  async untilClosed(server: (typeof SERVERS)[number]): Promise<void> {
    const port = await this.#setting("TLS_PORT");
    const hostname = `127.0.1.${SERVERS.indexOf(server) + 1}`;
    for (;;) {
      try {
        using _open = await Deno.connect({ hostname, port });
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionRefused) return;
      }
    }
  }

  /** The port of PostgreSQL, which is also in the name of its socket. */
  async postgresPort(): Promise<number> {
    return await this.#setting("POSTGRES_PORT");
  }

  async #setting(name: string): Promise<number> {
    const text = await Deno.readTextFile(this.#at("settings"));
    return Number(new RegExp(`\\b${name}=(\\d+)`).exec(text)?.[1]);
  }

  /** What a part has written. */
  async logOf(part: Part): Promise<string> {
    return await Deno.readTextFile(this.#at(`${part}.log`));
  }

  async start(part: Part): Promise<void> {
    await run(script, ["start", this.#at(), part], { env: this.environment });
  }

  async startAll(): Promise<void> {
    await run(script, ["start", this.#at()], { env: this.environment });
  }

  async stop(part: Part): Promise<void> {
    await run(script, ["stop", this.#at(), part]);
  }

  async stopAll(): Promise<void> {
    await run(script, ["stop", this.#at()]);
  }

  /** Waits until HAProxy's checks of all servers fail or succeed; those of its last resort are not checked. */
  async until(status: "DOWN" | "UP"): Promise<void> {
    for (;;) {
      const checked = await this.#servers();
      if (checked.every((row) => row[STATUS] === status)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The server to which HAProxy has connected the only client. */
  async server(): Promise<Part> {
    const row = (await this.#servers()).find((row) => row[SESSIONS] === "1");
    const found = SERVERS.find((name) => name === row?.[NAME]);
    if (found === undefined) throw new Error("no server has one session");
    return found;
  }

  /** What HAProxy knows of the servers, as fields. */
  async #servers(): Promise<readonly (readonly string[])[]> {
    using connection = await Deno.connect({ transport: "unix", path: this.#at("haproxy.sock") });
    await connection.write(new TextEncoder().encode("show stat\n"));
    const rows = (await new Response(connection.readable).text()).split("\n");
    const found = rows.map((row) => row.split(",")).filter(([backend, name]) =>
      backend === "pop3" && SERVERS.some((server) => server === name)
    );
    if (found.length === SERVERS.length) return found;
    throw new Error(`HAProxy knows ${found.length} servers`);
  }

  #at(path = ""): string {
    return join(this.folder.path, "cluster", path);
  }

  /** The number of the process of a part. */
  async pidOf(part: Part): Promise<number> {
    return Number(await Deno.readTextFile(this.#at(`${part}.pid`)));
  }

  /** Logs in through HAProxy over TLS. @returns the client, and the answer to the password */
  async logIn(): Promise<readonly [LoopbackClient, string | null]> {
    const client = await LoopbackClient.connectTls(this.tlsPort);
    return [client, await client.logIn()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Registers a test that needs the parts; prints a warning and skips it where one is missing. */
export function testWithCluster(
  name: string,
  needs: readonly string[],
  body: () => Promise<void>,
): void {
  const missing = ["haproxy", "openssl", "setsid", ...needs].filter((program) =>
    !["/usr/sbin", "/usr/bin"].some((folder) => existsSync(join(folder, program)))
  );
  if (!HAS_POSTGRES) missing.push("postgresql");
  if (missing.length > 0) console.warn(`SKIPPED: "${name}" needs ${missing.join(", ")}`);
  Deno.test({ name, ignore: missing.length > 0, fn: body });
}

/** The executable, or a script that runs the program with its permissions. */
async function executable(): Promise<string> {
  const given = Deno.env.get("EXECUTABLE_UNDER_TEST");
  if (given !== undefined) return `#!/bin/sh\nexec '${given}' "$@"\n`;
  const deno = await Deno.realPath(Deno.execPath());
  return `#!/bin/sh
NO_COLOR=1 exec '${deno}' run --quiet --no-check ${EXECUTABLE_PERMISSIONS.join(" ")} \
'${root}main.ts' "$@"
`;
}

/** Runs a program to its end, and gives its standard output. */
async function run(
  program: string,
  args: readonly string[],
  { stdin = "", env = {} }: {
    readonly stdin?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<string> {
  const process = new Deno.Command(program, {
    args: [...args],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await process.output();
  const [said, complained] = [stdout, stderr].map((each) => new TextDecoder().decode(each));
  if (success) return said ?? "";
  throw new Error(`${program} ${args.join(" ")}: ${said}${complained}`);
}
