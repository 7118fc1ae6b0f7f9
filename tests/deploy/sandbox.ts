/**
 * A machine of its own for what changes a machine: namespaces for mounts, processes and the network, and layers over
 * the folders that a set-up changes. The real machine stays as it is. systemd does not run in it.
 *
 * The clone is /opt/pop3svc in it, and /usr/local/bin/pop3svc runs that with the permissions of the executable.
 */
import { existsSync } from "node:fs";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { fromFileUrl } from "@std/path";

const clone = fromFileUrl(new URL("../..", import.meta.url));
const decoder = new TextDecoder();

const executable = `#!/bin/sh
DENO_DIR=/opt/deno-cache exec /usr/local/bin/deno run --quiet --no-check --cached-only \
  ${EXECUTABLE_PERMISSIONS.join(" ")} /opt/pop3svc/main.ts "$@"
`;

const LAYERED = ["/etc", "/var", "/srv", "/home", "/usr/local", "/opt"];

const SET_UP = `
set -eu
layers=$(mktemp -d)
mount -t tmpfs layers "$layers"
for each in ${LAYERED.join(" ")}; do
  mkdir -p "$layers/upper$each" "$layers/work$each"
  mount -t overlay overlay -o "lowerdir=$each,upperdir=$layers/upper$each,workdir=$layers/work$each" "$each"
done
mount -t tmpfs run /run
mkdir -p /run/lock /opt/pop3svc /opt/deno-cache
mount --bind "$CLONE" /opt/pop3svc
mount --bind "$CACHE" /opt/deno-cache
ln -sf "$DENO" /usr/local/bin/deno
printf %s "$EXECUTABLE" >/usr/local/bin/pop3svc
# Without a network there are no packages: what a test needs is installed.
printf '#!/bin/sh\\n' >/usr/local/bin/apt-get
chmod 755 /usr/local/bin/pop3svc /usr/local/bin/apt-get
hostname mail.example.org
printf '127.0.0.1 localhost mail.example.org\\n' >/etc/hosts
# As Debian's package of Postfix leaves it.
! [ -e /etc/postfix/main.cf ] || postconf -e myhostname=mail.example.org \
  'mydestination = $myhostname, mail.example.org, localhost.example.org, , localhost'
ip link set lo up
umask 022
cd /
echo ready
# It ends when the test does.
exec cat
`;

/** The output of a command in the sandbox: both streams, as a terminal would show them. */
export interface Told {
  readonly code: number;
  readonly text: string;
}

export class Sandbox implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;
  readonly #pid: string;
  readonly #started: Promise<unknown>[] = [];

  private constructor(holder: Deno.ChildProcess, pid: string) {
    this.#holder = holder;
    this.#pid = pid;
  }

  static async create(): Promise<Sandbox> {
    const holder = new Deno.Command("unshare", {
      args: [
        ...["--mount", "--uts", "--ipc", "--pid", "--net", "--fork", "--kill-child"],
        ...["--mount-proc", "sh", "-c", SET_UP],
      ],
      env: {
        CLONE: clone,
        CACHE: await denoCache(),
        DENO: await Deno.realPath(Deno.execPath()),
        EXECUTABLE: executable,
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = holder.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    if (decoder.decode(value) !== "ready\n") throw new Error("the sandbox could not be made");
    const children = await Deno.readTextFile(`/proc/${holder.pid}/task/${holder.pid}/children`);
    return new Sandbox(holder, children.trim());
  }

  /** Runs shell commands as root until they end. */
  async run(script: string, stdin = ""): Promise<Told> {
    const process = this.#command(`exec 2>&1\n${script}`, "piped", "piped").spawn();
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout } = await process.output();
    return { code, text: decoder.decode(stdout) };
  }

  /** Starts shell commands, and waits until they print a line that begins with some word. */
  async start(script: string, word: string): Promise<void> {
    const process = this.#command(`exec 2>&1\n${script}`, "null", "piped").spawn();
    let told = "";
    for await (const chunk of process.stdout) {
      told += decoder.decode(chunk);
      // Leaving the loop closes the pipe; the program must not depend on it.
      if (new RegExp(`^${word}`, "m").test(told)) return void this.#started.push(process.status);
    }
    throw new Error(`it did not start: ${told}`);
  }

  #command(script: string, stdin: "null" | "piped", stdout: "piped"): Deno.Command {
    return new Deno.Command("nsenter", {
      args: [
        ...["-t", this.#pid, "--mount", "--uts", "--ipc", "--pid", "--net", "--wd=/"],
        ...["sh", "-c", script],
      ],
      clearEnv: true,
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        LANG: "C",
        NO_COLOR: "1",
      },
      stdin,
      stdout,
      stderr: "null",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The first process of the namespace takes all others with it.
    this.#holder.kill("SIGKILL");
    await this.#holder.stdin.close().catch(() => {});
    await this.#holder.stdout.cancel();
    await this.#holder.status;
    await Promise.all(this.#started);
  }
}

async function denoCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir }: { readonly denoDir: string } = JSON.parse(decoder.decode(stdout));
  return denoDir;
}

function whyNot(): string | null {
  if (Deno.build.os !== "linux") return "Linux";
  if (Deno.uid() !== 0) return "root";
  try {
    const { success } = new Deno.Command("unshare", {
      args: ["--mount", "--pid", "--net", "--fork", "sh", "-c", OVERLAY],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? null : "namespaces and overlayfs";
  } catch {
    return "unshare";
  }
}

const OVERLAY = `set -e; command -v nsenter setpriv ip >/dev/null; mount -t tmpfs t /mnt
mkdir /mnt/upper /mnt/work; mount -t overlay o -o lowerdir=/srv,upperdir=/mnt/upper,workdir=/mnt/work /srv`;

const lacking = whyNot();

/** Registers a test that needs a sandbox; prints a warning and skips it where none can be made. */
export function testInSandbox(
  name: string,
  needs: readonly string[],
  body: (sandbox: Sandbox) => Promise<void>,
): void {
  const missing = needs.filter((program) =>
    !["/usr/bin", "/usr/sbin", "/bin", "/sbin"].some((folder) => existsSync(`${folder}/${program}`))
  );
  const lacks = lacking ?? (missing.length > 0 ? missing.join(", ") : null);
  if (lacks !== null) console.warn(`SKIPPED: "${name}" needs ${lacks}`);
  Deno.test({
    name,
    ignore: lacks !== null,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await body(sandbox);
    },
  });
}
