/**
 * A server with two users who own their Maildirs, as on a machine where users have a shell. The server runs as root; joe
 * and ann are user ids without an account. Only root can set this up.
 */
import { join } from "@std/path";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

export const JOE = 61_001;
export const ANN = 61_002;

/** The second set of permissions beside `-A`: without all permissions, Deno resolves links before it opens a file. */
export const scoped: readonly string[] = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-sys=uid",
  "--allow-env=POP3SVC_*,STATE_DIRECTORY,XDG_STATE_HOME,HOME,OTEL_DENO",
];

/** The flags under which each test of links runs. */
export const permissionSets: readonly (readonly [string, readonly string[]])[] = [
  ["-A", ["-A"]],
  ["scoped", scoped],
];

/** Registers a test that needs files of several owners; prints a warning and skips it without root. */
export function testAsRoot(name: string, run: () => Promise<void>): void {
  const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
  if (!isRoot) console.warn(`SKIPPED, since it needs root: ${name}`);
  Deno.test({ name, ignore: !isRoot, fn: run });
}

export class TwoUsers implements AsyncDisposable {
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** Makes the Maildirs, each with three messages in `cur` that only its owner can read. */
  static async create(): Promise<TwoUsers> {
    const folder = await TemporaryFolder.create();
    const users = new TwoUsers(folder);
    // The users must be able to reach their own folders.
    await Deno.chmod(folder.path, 0o711);
    await Deno.mkdir(users.path("mail"), { mode: 0o755 });
    for (const [name, uid] of [["joe", JOE], ["ann", ANN]] as const) {
      for (const path of [name, `${name}/new`, `${name}/cur`, `${name}/tmp`]) {
        await users.makeFolder(`mail/${path}`, uid);
      }
      for (const number of [1, 2, 3]) {
        await users.write(`mail/${name}/cur/${number}.${name}:2,S`, messageOf(name, number), uid);
      }
    }
    await Deno.writeTextFile(users.path("users"), "joe:{PLAIN}j\nann:{PLAIN}a\n", { mode: 0o600 });
    return users;
  }

  path(below: string): string {
    return join(this.#folder.path, below);
  }

  names(below: string): string[] {
    return this.#folder.names(below);
  }

  async makeFolder(below: string, uid: number): Promise<void> {
    await Deno.mkdir(this.path(below), { mode: 0o700 });
    await Deno.chown(this.path(below), uid, uid);
  }

  async write(below: string, text: string, uid: number): Promise<void> {
    await Deno.writeTextFile(this.path(below), text, { mode: 0o600 });
    await Deno.chown(this.path(below), uid, uid);
    await Deno.utime(this.path(below), 1_000, 1_000);
  }

  async link(target: string, below: string, uid: number): Promise<void> {
    await Deno.symlink(target, this.path(below));
    await run("chown", "-h", `${uid}:${uid}`, this.path(below));
  }

  async fifo(below: string, uid: number): Promise<void> {
    await run("mkfifo", this.path(below));
    await Deno.chown(this.path(below), uid, uid);
  }

  async serve(
    permissions: readonly string[],
    args: readonly string[] = ["--mail-root", this.path("mail")],
  ): Promise<RunningProgram> {
    return await RunningProgram.start(
      ["--users", this.path("users"), "--ban-after", "1000", ...args],
      { STATE_DIRECTORY: this.path("state") },
      permissions,
    );
  }

  /** Whether ann's mail is complete and unchanged. */
  hasAllOfAnns(): boolean {
    const names = this.names("mail/ann/cur");
    return names.join(" ") === "1.ann:2,S 2.ann:2,S 3.ann:2,S" &&
      names.every((name, index) =>
        Deno.readTextFileSync(this.path(`mail/ann/cur/${name}`)) === messageOf("ann", index + 1)
      );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

export function messageOf(name: string, number: number): string {
  return `Subject: ${name} ${number}\r\n\r\nThis is the mail of ${name}.\r\n`;
}

export async function logIn(program: RunningProgram, name: "joe" | "ann"): Promise<LoopbackClient> {
  const client = await LoopbackClient.connect(program.port);
  await client.readLine();
  await client.command(`USER ${name}`);
  await client.command(`PASS ${name.slice(0, 1)}`);
  return client;
}

export async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stderr: "piped" }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
