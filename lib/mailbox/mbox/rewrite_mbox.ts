/**
 * Deletes messages of an mbox, all of them or none, at whatever instant the process is killed or the disk fails.
 *
 * 1. What stays is written into `NAME.pop3svc-new` beside it, and synced.
 * 2. The mbox gets a second name, `NAME.pop3svc-old`.
 * 3. The new file is renamed over the mbox. This one rename is the decision; it is synced.
 * 4. The second name is removed.
 *
 * When the sync fails, the caller is told that nothing was deleted, so the old file is renamed back; where even that
 * fails, this process remembers it, and does it when the mbox is next opened. All other leftovers of a process that
 * was killed are removed then.
 *
 * Others are kept out meanwhile:
 * - this program's own processes by a lock on the folder that holds the mbox,
 * - other programs by a `flock` on the mbox (Deno has no fcntl lock) and by the usual dot-lock, `NAME.lock`. One that says that it is ours was left behind by a process
 *   that was killed, since we hold the folder; any other one is respected for five minutes.
 */
import { basename, dirname, join } from "@std/path";
import type { FileSystem } from "../files/file_system.ts";
import { Pop3ResponseError } from "../response_error.ts";
import type { MboxIndex } from "./mbox_index.ts";

const OWN_MARK = "pop3svc\n";
const STALE_AFTER_MS = 300_000;

/** Mboxes whose last decision could not be taken back, by path; see above. */
const revoked = new Set<string>();

const nameOfNew = (path: string) => `${path}.pop3svc-new`;
const nameOfOld = (path: string) => `${path}.pop3svc-old`;

const CHUNK_OCTETS = 262_144;

/**
 * Runs `work` while nobody else writes the mbox.
 *
 * @throws {Pop3ResponseError} with the code `IN-USE` when another program has it
 */
export async function withMboxLocked<T>(
  files: FileSystem,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  using _lock = await files.lock(dirname(path), "exclusive");
  const dotLock = `${path}.lock`;
  await takeDotLock(files, dotLock);
  try {
    using _lockForThoseWhoUseFlock = await files.lock(path, "exclusive");
    await mend(files, path);
    return await work();
  } finally {
    // One that cannot be removed now is known as ours, and taken over.
    await files.remove(dotLock).catch(() => {});
  }
}

/** What a process that was killed, or a failure, left behind. */
export async function leftoversOf(files: FileSystem, path: string): Promise<string[]> {
  const leftovers: string[] = [];
  for (const name of [nameOfNew(path), nameOfOld(path)]) {
    if (await files.look(name) !== null) leftovers.push(name);
  }
  const dotLock = `${path}.lock`;
  if (await files.look(dotLock) !== null && !await isLockedByOthers(files, path)) {
    leftovers.push(dotLock);
  }
  return leftovers;
}

async function mend(files: FileSystem, path: string): Promise<void> {
  const [anew, old] = [nameOfNew(path), nameOfOld(path)];
  if (await files.look(anew) !== null) await files.remove(anew);
  if (await files.look(old) === null) return;
  if (!revoked.has(path)) return await files.remove(old);
  await files.rename(old, path);
  await files.sync(dirname(path));
  revoked.delete(path);
}

/** Is another program writing the mbox? */
export async function isLockedByOthers(files: FileSystem, path: string): Promise<boolean> {
  const dotLock = await files.look(`${path}.lock`);
  if (dotLock === null) return false;
  const age = Date.now() - (dotLock.mtime?.getTime() ?? 0);
  return age < STALE_AFTER_MS && !await isOurs(`${path}.lock`);
}

async function takeDotLock(files: FileSystem, dotLock: string): Promise<void> {
  for (;;) {
    try {
      using file = await files.create(dotLock, null, { ifThere: "fail" });
      await file.write(new TextEncoder().encode(OWN_MARK));
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    const path = dotLock.slice(0, -".lock".length);
    if (await isLockedByOthers(files, path)) {
      throw new Pop3ResponseError("Another program has this mailbox.", { code: "IN-USE" });
    }
    await files.remove(dotLock);
  }
}

async function isOurs(dotLock: string): Promise<boolean> {
  // One of ours that was killed before it could say so is empty.
  const text = await Deno.readTextFile(dotLock).catch(() => "");
  return text === OWN_MARK || text === "";
}

/** Writes the mbox anew without these messages. The caller holds the lock, and the index is that of the file. */
export async function rewriteMbox(
  files: FileSystem,
  path: string,
  index: MboxIndex,
  uniqueIds: ReadonlySet<string>,
  disposal: "remove" | "trash",
): Promise<void> {
  const [anew, old] = [nameOfNew(path), nameOfOld(path)];
  const info = await files.look(path);
  {
    using from = await Deno.open(path);
    using to = await files.create(anew, info?.mode ?? null);
    for (const { uniqueId, start, next } of index.messages.values()) {
      if (!uniqueIds.has(uniqueId)) await copy(from, start, next, to);
    }
    await to.sync();
  }
  if (disposal === "trash") await copyToTrash(files, path, index, uniqueIds);
  await files.link(path, old);
  await files.rename(anew, path);
  try {
    await files.sync(dirname(path));
  } catch (error) {
    revoked.add(path);
    await mend(files, path).catch(() => {});
    throw error;
  }
  await files.remove(old).catch(() => {});
}

/** Before the decision: a message may come to be in the trash twice, but never nowhere. */
async function copyToTrash(
  files: FileSystem,
  path: string,
  index: MboxIndex,
  uniqueIds: ReadonlySet<string>,
): Promise<void> {
  using from = await Deno.open(path);
  const trash = join(dirname(path), `.${basename(path)}.trash`);
  using to = await files.create(trash, 0o600, { ifThere: "append" });
  const blankLine = new TextEncoder().encode("\n\n");
  for (const { uniqueId, start, next } of index.messages.values()) {
    if (!uniqueIds.has(uniqueId)) continue;
    await copy(from, start, next, to);
    // The last one of a file may lack the end of its line.
    await to.write(blankLine);
  }
  await to.sync();
}

async function copy(
  from: Deno.FsFile,
  start: number,
  end: number,
  to: { write(octets: Uint8Array): Promise<void> },
): Promise<void> {
  const buffer = new Uint8Array(Math.min(CHUNK_OCTETS, end - start));
  await from.seek(start, Deno.SeekMode.Start);
  for (let at = start; at < end;) {
    const count = await from.read(buffer.subarray(0, Math.min(end - at, buffer.length)));
    if (count === null) throw new Error("The mbox became shorter while it was copied");
    await to.write(buffer.subarray(0, count));
    at += count;
  }
}
