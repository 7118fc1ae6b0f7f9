/**
 * One session at a time in a mailbox, also across processes.
 *
 * The lease is a lock of the system's on a file in a folder of ours: it ends when the session gives it back and when
 * its process dies, and never by a timer. The file goes away with it. Whoever gets the lock makes sure that the
 * file is still the one that the name means: the last holder may have removed it in between.
 */
import { dirname } from "@std/path";
import { ensureDir } from "@std/fs";
import { nullIfGone } from "../../files/null_if_gone.ts";
import { Pop3ResponseError } from "../response_error.ts";

/** Others can come between so often; then something else is wrong, such as a file in the place of our folder. */
const MOST_ATTEMPTS = 1_000;

/**
 * The lease, until it is disposed of.
 *
 * @param path the file; its folder is made for it, and goes away with it when it is empty
 * @throws {Pop3ResponseError} with the code `IN-USE` while another session has it (RFC 2449 section 8.1.1)
 */
export async function takeLease(path: string): Promise<Disposable> {
  for (let attempt = 1;; attempt++) {
    const file = await openOrNull(path, attempt === MOST_ATTEMPTS);
    if (file === null) continue;
    if (!await file.tryLock(true)) {
      file.close();
      throw new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE" });
    }
    if (isStillNamed(file, path)) return { [Symbol.dispose]: () => giveBack(file, path) };
    file.close();
  }
}

/** Null when our folder was removed while it was made, or between making it and this: that may be tried again. */
async function openOrNull(path: string, isLast: boolean): Promise<Deno.FsFile | null> {
  try {
    await ensureDir(dirname(path));
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    // A folder that goes away while it is made may be said to be there already, and is not.
    const isRace = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.AlreadyExists;
    if (isRace && !isLast) return null;
    throw error;
  }
}

function isStillNamed(file: Deno.FsFile, path: string): boolean {
  return file.statSync().ino === nullIfGone(() => Deno.statSync(path))?.ino;
}

/** The name goes first, then the lock: nobody gets a lock on a name that is about to go. */
function giveBack(file: Deno.FsFile, path: string): void {
  try {
    Deno.removeSync(path);
    Deno.removeSync(dirname(path));
  } catch {
    // Something else of ours keeps the folder, or the mailbox is gone.
  }
  file.close();
}
