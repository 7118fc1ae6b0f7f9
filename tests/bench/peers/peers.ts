/** The servers that are compared, each started on loopback with the same mail, users and certificate. */
import { join } from "@std/path";
import { MEMORY_FLAGS } from "../../../deploy/memory_flags.ts";
import { RunningProgram } from "../../running_program.ts";
import { authority, certificate } from "../../test_authority.ts";
import { type Corpus, PASSWORD } from "./corpus.ts";
import type { Route } from "./load_client.ts";

/** A running server. */
export interface RunningPeer extends AsyncDisposable {
  /** The process that has started all others of the server. */
  readonly pid: number;
  readonly port: number;
  readonly tlsPort: number;
}

/** A server that can be started. */
export interface Peer {
  readonly name: string;
  /** The folder whose subfolders are its users' Maildirs. */
  readonly root: string;
  start(): Promise<RunningPeer>;
}

/** The folders and files that the servers need beside the mail. */
export interface Bench {
  readonly folder: string;
  readonly corpus: Corpus;
}

export function route(peer: RunningPeer, security: Route["security"] = "none"): Route {
  const port = security === "implicit" ? peer.tlsPort : peer.port;
  return { port, security, caCerts: [authority.pem] };
}

/** Writes the certificate and the users file that all of them share. */
export async function prepare({ folder, corpus }: Bench): Promise<void> {
  await Deno.writeTextFile(join(folder, "cert.pem"), certificate.cert);
  await Deno.writeTextFile(join(folder, "key.pem"), certificate.key);
  const users: string[] = [];
  for await (const { name } of Deno.readDir(corpus.root)) users.push(`${name}:{PLAIN}${PASSWORD}`);
  await Deno.writeTextFile(join(folder, "users"), users.join("\n") + "\n");
}

/** pop3svc, with the flags that `deno task compile` gives the executable. */
export function pop3svc({ folder, corpus }: Bench): Peer {
  return {
    name: "pop3svc",
    root: corpus.root,
    async start() {
      const program = await RunningProgram.start(
        [
          ...["--users", join(folder, "users"), "--mail-root", corpus.root],
          ...["--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem")],
          ...["--tls-port", "0", "--log-level", "error"],
          ...["--max-connections", "20000", "--max-connections-per-ip", "20000"],
        ],
        {},
        ["-A", MEMORY_FLAGS],
      );
      const { pid, port, tlsPort } = program;
      return { pid, port, tlsPort, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
    },
  };
}

/** replay.ts with a message of a user's mailbox. It is not a real server; it measures the load generator and Deno. */
export function yardstick({ corpus }: Bench, name: "replay" | "bare copy"): Peer {
  return {
    name,
    root: corpus.root,
    async start() {
      const folder = join(corpus.root, name === "replay" ? "small" : "large", "cur");
      const names: string[] = [];
      for await (const entry of Deno.readDir(folder)) names.push(entry.name);
      const script = new URL("replay.ts", import.meta.url).pathname;
      const process = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "-A", script, join(folder, names.sort()[0] ?? "")],
        stdin: "null",
        stdout: "piped",
      }).spawn();
      const reader = process.stdout.getReader();
      const { value } = await reader.read();
      const port = Number(new TextDecoder().decode(value));
      return {
        pid: process.pid,
        port,
        tlsPort: NaN,
        async [Symbol.asyncDispose]() {
          process.kill("SIGKILL");
          await process.status;
          await reader.cancel();
        },
      };
    },
  };
}

/**
 * Dovecot with its defaults, where each connection has its own process before and after the login; or `fast`, its
 * high-performance mode, where a login process serves many connections.
 */
export function dovecot({ folder, corpus }: Bench, mode: "default" | "fast"): Peer {
  return {
    name: mode === "fast" ? "Dovecot, high-performance" : "Dovecot, default",
    root: corpus.root,
    async start() {
      const base = await Deno.makeTempDir({ dir: folder, prefix: `dovecot-${mode}-` });
      await Deno.chmod(base, 0o755);
      const [port, tlsPort] = [freePort(), freePort()];
      const config = join(base, "dovecot.conf");
      await Deno.writeTextFile(
        config,
        dovecotConfig({ folder, base, root: corpus.root, mode, port, tlsPort }),
      );
      const log = join(base, "log");
      const process = new Deno.Command("dovecot", {
        args: ["-F", "-c", config],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      await untilAccepting(port, () => Deno.readTextFileSync(log));
      return {
        pid: process.pid,
        port,
        tlsPort,
        async [Symbol.asyncDispose]() {
          process.kill("SIGTERM");
          await process.status;
        },
      };
    },
  };
}

interface DovecotPlaces {
  readonly folder: string;
  readonly base: string;
  readonly root: string;
  readonly mode: "default" | "fast";
  readonly port: number;
  readonly tlsPort: number;
}

function dovecotConfig({ folder, base, root, mode, port, tlsPort }: DovecotPlaces): string {
  const isRoot = Deno.uid() === 0;
  const me = isRoot ? "nobody" : Deno.env.get("USER") ?? "";
  return `
base_dir = ${base}/run
log_path = ${base}/log
protocols = pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:${root}/%u
mail_max_userip_connections = 20000
default_process_limit = 5000
default_client_limit = 25000
${isRoot ? "" : `default_internal_user = ${me}\ndefault_login_user = ${me}`}
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${me} gid=${isRoot ? "nogroup" : me} home=${root}/%u
}
service pop3-login {
  ${mode === "fast" ? "service_count = 0\n  process_min_avail = 2" : ""}
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = ${tlsPort}
    ssl = yes
  }
}
`;
}

/** Whether the program is installed. */
export async function isInstalled(program: string, ...args: string[]): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args, stdout: "null", stderr: "null" });
    return (await command.output()).success;
  } catch {
    return false;
  }
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

export async function untilAccepting(port: number, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt++) {
    try {
      using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`The server does not listen: ${log()}`);
}
