/**
 * Proves a mailbox over real sessions: every octet, size, TOP, unique-id and deletion. It works on a copy; the mailbox
 * itself is not changed. The expected octets come from the files alone, by simple code that shares nothing with the
 * server.
 */
import { basename, join } from "@std/path";
import { OctetClient } from "./octet_client.ts";

/** The outcome of a proof. */
export interface Proof {
  readonly messages: number;
  readonly octets: number;
  /** What is wrong; empty when everything is right. */
  readonly faults: readonly string[];
  /** Files that are not served and not proved, with the reason. */
  readonly leftOut: readonly string[];
}

/** A mailbox that cannot be proved at all. */
export class ProveError extends Error {}

/** A server that serves the folder to `me` with `passw0rd`. */
export interface ProvedServer extends AsyncDisposable {
  readonly port: number;
}

interface Expected {
  readonly path: string;
  readonly octets: Uint8Array;
}

/** The lines of a message; CRLF, LF and CR each end one. */
function linesOf(octets: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < octets.length; at++) {
    if (octets[at] !== 0x0a && octets[at] !== 0x0d) continue;
    lines.push(octets.subarray(start, at));
    if (octets[at] === 0x0d && octets[at + 1] === 0x0a) at++;
    start = at + 1;
  }
  if (start < octets.length) lines.push(octets.subarray(start));
  return lines;
}

/** The octets of these lines as sent, without byte-stuffing (RFC 1939 section 3). */
function asSent(lines: readonly Uint8Array[]): Uint8Array {
  const sent = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 2, 0));
  let at = 0;
  for (const line of lines) {
    sent.set(line, at);
    sent.set([0x0d, 0x0a], at + line.length);
    at += line.length + 2;
  }
  return sent;
}

function topOf(lines: readonly Uint8Array[], count: number): Uint8Array {
  const blank = lines.findIndex((line) => line.length === 0);
  return asSent(blank === -1 ? lines : lines.slice(0, blank + 1 + count));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

function entriesOf(folder: string): Deno.DirEntry[] {
  return [...Deno.readDirSync(folder)];
}

/** An envelope line, as in an mbox: `From SENDER DATE` with a weekday, a month and a time. */
const ENVELOPE = /^>?From .*\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*\b\d{1,2}:\d\d(:\d\d)?\b.*\d{4}.*$/;
/** Deno replaces octets of a name that are not UTF-8 by this character. */
const REPLACEMENT = "\ufffd";

/** The message without envelope lines, which are not sent. */
function withoutEnvelope(octets: Uint8Array): Uint8Array {
  let start = 0;
  for (;;) {
    const end = octets.indexOf(0x0a, start);
    if (end === -1) return octets.subarray(start);
    const line = String.fromCharCode(...octets.subarray(start, Math.min(end, start + 1_000)));
    const isNext = start === 0 || line.startsWith(">");
    if (!isNext || !ENVELOPE.test(line.replace(/\r$/, ""))) return octets.subarray(start);
    start = end + 1;
  }
}

/** Copies the messages of a folder or Maildir, by their names. */
async function copyOf(mailbox: string, to: string, leftOut: string[]): Promise<Expected[]> {
  const isMaildir = entriesOf(mailbox).some(({ name }) => name === "cur");
  const copied: Expected[] = [];
  for (const folder of isMaildir ? ["new", "cur", "tmp"] : ["."]) {
    await Deno.mkdir(join(to, folder), { recursive: true });
    if (folder === "tmp") continue;
    for (const { name, isFile } of entriesOf(join(mailbox, folder))) {
      if (!isFile || name.startsWith(".")) continue;
      const path = join(folder, name);
      if (name.includes(REPLACEMENT) && !exists(join(mailbox, path))) {
        leftOut.push(`${path}: its name is not UTF-8`);
        continue;
      }
      const { mtime } = await Deno.stat(join(mailbox, path));
      await Deno.copyFile(join(mailbox, path), join(to, path));
      if (mtime !== null) await Deno.utime(join(to, path), mtime, mtime);
      copied.push({ path, octets: withoutEnvelope(await Deno.readFile(join(to, path))) });
    }
  }
  return copied;
}

const baseOf = (path: string) => basename(path).replace(/:2,[^:]*$/, "");

/** @throws {ProveError} */
function assertFolder(path: string): void {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new ProveError(`${path}: it is not there`);
    throw new ProveError(`${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (!info.isDirectory) {
    throw new ProveError(`${path}: it is a file; give a folder of messages, or a Maildir`);
  }
}

/**
 * Proves a folder of messages, or a Maildir.
 *
 * @param serve serves a folder, in this process or another one
 * @throws {ProveError} when the path is not a folder
 */
export async function prove(
  mailbox: string,
  serve: (folder: string) => Promise<ProvedServer>,
): Promise<Proof> {
  assertFolder(mailbox);
  const leftOut: string[] = [];
  const copy = await Deno.makeTempDir({ prefix: "pop3svc-prove-" });
  try {
    const expected = await copyOf(mailbox, copy, leftOut);
    await using server = await serve(copy);
    return { ...await proveCopy(copy, expected, server.port), leftOut };
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

async function proveCopy(
  copy: string,
  expected: readonly Expected[],
  port: number,
): Promise<Omit<Proof, "leftOut">> {
  const faults: string[] = [];
  let octets = 0;
  const session = () => OctetClient.logIn(port, "me", "passw0rd");
  let first: string[];
  {
    using client = await session();
    first = await client.listing("UIDL");
    const sizes = await client.listing("LIST");
    if (first.length !== expected.length) {
      faults.push(`${expected.length} files, and ${first.length} messages`);
    }
    if (new Set(first).size !== first.length) faults.push("a unique-id occurs twice");
    const missing = new Map(expected.map((each) => [each.path, each]));
    for (const [index, uniqueId] of first.entries()) {
      const number = index + 1;
      const got = await client.octets(`RETR ${number}`);
      const size = Number(sizes[index]);
      octets += got.length;
      if (got.length !== size) {
        faults.push(`message ${number}: LIST says ${size}, RETR ${got.length}`);
      }
      const found = [...missing.values()].find((each) =>
        (baseOf(each.path) === uniqueId || uniqueId.startsWith("~")) &&
        isSame(asSent(linesOf(each.octets)), got)
      );
      if (found === undefined) {
        faults.push(`message ${number}, ${uniqueId}: no file has these octets and this name`);
        continue;
      }
      missing.delete(found.path);
      const lines = linesOf(found.octets);
      for (const count of [0, 1, 10]) {
        if (!isSame(topOf(lines, count), await client.octets(`TOP ${number} ${count}`))) {
          faults.push(`${found.path}: TOP ${number} ${count} is wrong`);
        }
      }
    }
    for (const path of missing.keys()) faults.push(`${path} is not served`);
    await client.command("QUIT");
  }
  {
    using client = await session();
    if ((await client.listing("UIDL")).join(" ") !== first.join(" ")) {
      faults.push("a second session has other unique-ids");
    }
    // Deletes every second message; the others must stay.
    for (let number = 1; number <= first.length; number += 2) {
      await client.command(`DELE ${number}`);
    }
    await client.command("QUIT");
  }
  using client = await session();
  const kept = first.filter((_, index) => index % 2 === 1);
  if ((await client.listing("UIDL")).join(" ") !== kept.join(" ")) {
    faults.push("a deletion left other messages than it should");
  }
  for (let number = 1; number <= kept.length; number++) await client.command(`DELE ${number}`);
  await client.command("QUIT");
  const left = expected.filter(({ path }) => exists(join(copy, path)));
  if (left.length > 0) faults.push(`${left.length} files are still there after all were deleted`);
  return { messages: first.length, octets, faults };
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
