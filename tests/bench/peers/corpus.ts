/**
 * The mail that every server serves: Maildirs made from a seed, and the octets that RETR must give for them.
 *
 * The expected octets are made with a regular expression, not with the code under test.
 */
import { join } from "@std/path";

/** The users and their mail: `few` for sessions, `small` for messages of 4 KB, `large…` for one big one each. */
export interface Corpus {
  /** The folder whose subfolders are the users' Maildirs. */
  readonly root: string;
  /** The octets that RETR of a user's message must give after the first line, including the terminator. */
  readonly wire: ReadonlyMap<string, readonly Uint8Array[]>;
}

export const PASSWORD = "passw0rd";
export const SMALL_MESSAGES = 100;
export const SMALL_OCTETS = 4_096;
export const LARGE_OCTETS = 50_000_000;
export const MANY_MESSAGES = 100_000;

/** A random generator that gives the same numbers in each run (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A message of about so many octets, whose lines end in `lineEnd`; with `dots`, each fifth begins with one. */
export function message(
  random: () => number,
  octets: number,
  lineEnd: "\r\n" | "\n",
  dots: boolean,
): string {
  const lines = [
    "From: sender@example.org",
    "To: reader@example.org",
    `Message-ID: <${Math.floor(random() * 1e15)}@example.org>`,
    "Subject: A message of the benchmark",
    "",
  ];
  let length = lines.join(lineEnd).length;
  const words = Array.from({ length: 64 }, () => Math.floor(random() * 1e12).toString(36));
  while (length < octets) {
    let line = dots && lines.length % 5 === 0 ? "." : "";
    while (line.length < 66) line += `${words[Math.floor(random() * words.length)]} `;
    lines.push(line);
    length += line.length + lineEnd.length;
  }
  return lines.join(lineEnd) + lineEnd;
}

/** A message as RFC 1939 section 3 wants it to be sent, including the terminator. */
export function onTheWire(text: string): Uint8Array {
  const lines = text.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n").replaceAll(/^\./gm, "..");
  return new TextEncoder().encode(`${lines}.\r\n`);
}

/** Writes the mail below `root`. */
export async function makeCorpus(root: string, manyMessages = MANY_MESSAGES): Promise<Corpus> {
  const random = numbers(20_261_125);
  const wire = new Map<string, Uint8Array[]>();
  const add = async (user: string, texts: readonly string[]) => {
    await writeMaildir(join(root, user), texts);
    wire.set(user, texts.map(onTheWire));
  };
  const small = () => message(random, SMALL_OCTETS, "\r\n", false);
  await add("few", Array.from({ length: 7 }, small));
  await add("small", Array.from({ length: SMALL_MESSAGES }, small));
  await add("large", [message(random, LARGE_OCTETS, "\r\n", false)]);
  await add("largelf", [message(random, LARGE_OCTETS, "\n", true)]);
  for (const megabytes of [1, 10, 100]) {
    await add(`megabytes${megabytes}`, [message(random, megabytes * 1e6, "\r\n", false)]);
  }
  for (const count of new Set([1_000, 10_000, manyMessages])) {
    const texts = function* () {
      for (let made = 0; made < count; made++) yield message(random, 600, "\r\n", false);
    };
    await writeMaildir(join(root, `many${count}`), texts());
  }
  await writeFolder(join(root, `folder${manyMessages}`), join(root, `many${manyMessages}`, "cur"));
  return { root, wire };
}

/** Writes a Maildir whose messages are two years old. */
export async function writeMaildir(path: string, texts: Iterable<string>): Promise<void> {
  for (const folder of ["new", "cur", "tmp"]) {
    await Deno.mkdir(join(path, folder), { recursive: true });
  }
  let second = 1_700_000_000;
  for (const text of texts) {
    second++;
    const file = join(path, "cur", `${second}.M0P1.bench:2,S`);
    await Deno.writeTextFile(file, text);
    await Deno.utime(file, second, second);
  }
  // An old time, like a mailbox without recent deliveries.
  for (const folder of ["new", "cur", "."]) await Deno.utime(join(path, folder), second, second);
}

/** Writes a copy of the Maildirs whose lines end in LF; RETR must give the same octets for it. */
export async function writeWithLf(corpus: Corpus, root: string): Promise<void> {
  for await (const { name: user } of Deno.readDir(corpus.root)) {
    if (user.startsWith("folder")) continue;
    const cur = join(corpus.root, user, "cur");
    const names = (await Array.fromAsync(Deno.readDir(cur), ({ name }) => name)).sort();
    const texts = function* () {
      for (const name of names) {
        yield Deno.readTextFileSync(join(cur, name)).replaceAll("\r\n", "\n");
      }
    };
    await writeMaildir(join(root, user), texts());
  }
}

/** Writes a plain folder with the messages of another folder. */
async function writeFolder(path: string, from: string): Promise<void> {
  await Deno.mkdir(path);
  for await (const { name } of Deno.readDir(from)) {
    const [to, second] = [join(path, name.replace(/:.*/, ".eml")), Number(name.split(".")[0])];
    await Deno.copyFile(join(from, name), to);
    await Deno.utime(to, second, second);
  }
}
