/** Upgrades the program again and again while clients make sessions without a pause. Prints the outcome as JSON. */
import { join } from "@std/path";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { unusedPort } from "../unused_port.ts";
import { Load, type Outcome } from "./load.ts";

export const CLIENTS = 16;
export const UPGRADES = 2;
const MESSAGES_EACH = 60;
const SESSIONS_BETWEEN = 40;

/** What became of the sessions, and of the messages. */
export interface UpgradeOutcome extends Outcome {
  /** Messages that no server has deleted. */
  readonly lost: number;
  /** What the servers have logged about the end of their sessions. */
  readonly log: string;
}

/** Users with mail of their own; gives the options for them. */
export async function manyUsers(folder: TemporaryFolder): Promise<[string[], readonly string[]]> {
  const usernames = Array.from({ length: CLIENTS }, (_, index) => `u${index}`);
  for (const username of usernames) {
    const mail = join(folder.path, "mail", username);
    for (const name of ["new", "cur", "tmp"]) {
      await Deno.mkdir(join(mail, name), { recursive: true });
    }
    for (let number = 0; number < MESSAGES_EACH; number++) {
      await Deno.writeTextFile(join(mail, "new", `${number}.a`), "Subject: a\n\n");
    }
  }
  const users = join(folder.path, "users");
  await Deno.writeTextFile(users, usernames.map((name) => `${name}:{PLAIN}x\n`).join(""));
  const options = [
    ...["--users", users, "--mail-root", join(folder.path, "mail")],
    ...["--state-dir", join(folder.path, "state"), "--drain-time", "30"],
    ...["--max-connections-per-ip", "1000"],
  ];
  return [options, usernames];
}

/** Messages that are still there. */
function messagesLeft(folder: TemporaryFolder, usernames: readonly string[]): number {
  return usernames.flatMap((name) =>
    ["new", "cur"].flatMap((part) => folder.names(`mail/${name}/${part}`))
  ).length;
}

/**
 * Upgrades some times under load.
 *
 * @param start starts the next process
 * @param retire takes care that the process before the last one gets no new connections, before it is stopped
 */
export async function upgradeUnderLoad(
  folder: TemporaryFolder,
  usernames: readonly string[],
  port: number,
  start: () => Promise<RunningProgram>,
  retire: () => Promise<void> = () => Promise.resolve(),
): Promise<UpgradeOutcome> {
  let current = await start();
  const load = new Load(port, usernames);
  let log = "";
  for (let upgrade = 0; upgrade < UPGRADES; upgrade++) {
    await load.more(SESSIONS_BETWEEN);
    const following = await start();
    await load.more(SESSIONS_BETWEEN);
    await retire();
    const { code, stderr } = await current.end("SIGTERM");
    log += `${code}\n${stderr.match(/.* drain .*\n/g)?.join("") ?? stderr}`;
    current = following;
  }
  await load.more(SESSIONS_BETWEEN);
  const outcome = await load.end();
  await current.end("SIGINT");
  const gone = CLIENTS * MESSAGES_EACH - messagesLeft(folder, usernames);
  return { ...outcome, lost: gone - outcome.deleted, log };
}

/** Upgrades with `--reuse-port`. */
export async function upgradeByReusePort(): Promise<UpgradeOutcome> {
  await using folder = await TemporaryFolder.create();
  const [options, usernames] = await manyUsers(folder);
  const port = unusedPort();
  const args = [...options, "--reuse-port", "--port", `${port}`];
  return await upgradeUnderLoad(folder, usernames, port, () => RunningProgram.start(args));
}

if (import.meta.main) console.log(JSON.stringify(await upgradeByReusePort()));
