/** Sessions with mail on an ordinary disk, beside sessions with mail on one that takes its time for each answer. */
import { join } from "@std/path";
import { MEMORY_FLAGS } from "../../../deploy/memory_flags.ts";
import { RunningProgram } from "../../running_program.ts";
import { SlowMount, whyNoSlowMount } from "../../slow_mount.ts";
import { TemporaryFolder } from "../../temporary_folder.ts";
import { message, numbers, PASSWORD, SMALL_OCTETS, writeMaildir } from "./corpus.ts";
import { type Figures, loggedIn, sessionsOf } from "./measurements.ts";
import type { RunningPeer } from "./peers.ts";

const ANSWER_MS = 200;
const READERS = 8;
const MESSAGES = 100;

/** The slowest hundredth of 16 clients: alone (before and after), and beside eight that read from a real slow disk. */
export async function besideSlowDisk(): Promise<Figures> {
  if (whyNoSlowMount !== null) return {};
  await using folder = await TemporaryFolder.create();
  const random = numbers(20_261_126);
  const texts = () =>
    Array.from({ length: MESSAGES }, () => message(random, SMALL_OCTETS, "\r\n", false));
  const source = join(folder.path, "source");
  await writeMaildir(join(folder.path, "few"), texts());
  for (let reader = 0; reader < READERS; reader++) {
    await writeMaildir(join(source, `slow${reader}`), texts());
  }
  await using mount = await SlowMount.mount(source);
  const line = (user: string, path: string) =>
    `${user}:{PLAIN}${PASSWORD}::::::userdb_mail=maildir:${path}\n`;
  const slow = Array.from({ length: READERS }, (_, reader) => `slow${reader}`);
  const users = join(folder.path, "users");
  await Deno.writeTextFile(
    users,
    line("few", join(folder.path, "few")) +
      slow.map((user) => line(user, join(mount.path, user))).join(""),
  );
  await using program = await RunningProgram.start(
    ["--users", users, "--log-level", "error"],
    {},
    ["-A", MEMORY_FLAGS],
  );
  const { pid, port } = program;
  const peer: RunningPeer = {
    ...{ pid, port, tlsPort: NaN },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const p99 = async () => (await sessionsOf(peer, 16, "none", 2))["p99 ms"] ?? NaN;
  await p99();
  const before = await p99();
  // A login waits for its turn beside others of its address, so the readers are logged in while the disk is fast.
  const clients = await Promise.all(slow.map((user) => loggedIn(peer, user, "none")));
  await mount.answer(ANSWER_MS);
  let isOver = false;
  let read = 0;
  const readers = clients.map(async (client) => {
    for (let number = 1; number <= MESSAGES && !isOver; number++) {
      await client.send(`RETR ${number}`);
      await client.wholeReply();
      read++;
    }
  });
  const beside = await p99();
  isOver = true;
  await mount.answer(0);
  await Promise.all(readers);
  for (const client of clients) client[Symbol.dispose]();
  return {
    "alone, p99 ms": (before + await p99()) / 2,
    [`beside ${READERS} that read from a disk that answers in ${ANSWER_MS} ms, p99 ms`]: beside,
    "messages read from the slow disk": read,
  };
}
