/**
 * Runs the program with a real journal: in a mount namespace, systemd-journald has a `/run` of its own, and the program's
 * standard error is one of its streams, as in a unit. This needs root.
 */
import { join } from "@std/path";
import { run } from "./installed_program.ts";
import { RunningProgram } from "./running_program.ts";

const JOURNALD = ["/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald"]
  .find((path) => exists(path)) ?? null;

/** Why no journal can be had here; null where it can. */
export const noJournal: string | null = await reason();

async function reason(): Promise<string | null> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "root on Linux";
  if (JOURNALD === null || !exists("/etc/machine-id")) return "systemd-journald";
  try {
    await run("unshare", ["--mount", "systemd-cat", "--version"]);
    return null;
  } catch {
    return "unshare and systemd-cat";
  }
}

/** The script that the program is started by: `"$@"` is the program, and file descriptor 3 the test. */
const SCRIPT = `set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal
mount --bind "$FOLDER/journal" /run/log/journal
mount --bind "$FOLDER/journald.conf" /etc/systemd/journald.conf || :
${JOURNALD} >/dev/null 2>&1 3>&- &
echo $! >"$FOLDER/journald.pid"
for look in $(seq 100); do [ -S /run/systemd/journal/stdout ] && break; sleep 0.1; done
exec systemd-cat -t pop3svc sh -c 'exec "$@" >&3 3>&-' sh "$@"`;

/** The program, and the folder of its journal. */
export class JournaledProgram implements AsyncDisposable {
  readonly program: RunningProgram;
  readonly #folder: string;

  private constructor(program: RunningProgram, folder: string) {
    this.program = program;
    this.#folder = folder;
  }

  static async start(folder: string, args: readonly string[], env: Record<string, string>) {
    await Deno.mkdir(join(folder, "journal"));
    const settings = "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\n";
    await Deno.writeTextFile(join(folder, "journald.conf"), settings);
    await Deno.writeTextFile(join(folder, "start.sh"), SCRIPT);
    const program = await RunningProgram.start(
      args,
      { ...env, FOLDER: folder, JOURNAL_STREAM: "1:1" },
      ["-A"],
      { shell: `exec unshare --mount sh "$FOLDER/start.sh" "$@" 3>&1` },
    );
    return new JournaledProgram(program, folder);
  }

  /** The folder of the journal. */
  get journal(): string {
    return join(this.#folder, "journal");
  }

  /** What the journal has of the program, as `journalctl` writes it. */
  async read(output: string): Promise<string> {
    const args = ["--directory", this.journal, "-t", "pop3svc", "-o", output, "--no-pager", "-q"];
    return new TextDecoder().decode(await run("journalctl", args));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    Deno.kill(Number(await Deno.readTextFile(join(this.#folder, "journald.pid"))), "SIGTERM");
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
