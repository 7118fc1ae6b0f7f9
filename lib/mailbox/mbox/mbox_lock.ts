/**
 * Locks an mbox against other programs while we change it, by a dot-lock (dot_lock.ts) and by flock, and waits for
 * theirs. Deno can neither see nor take an fcntl lock, so a program that uses nothing else is not kept out.
 *
 * - While we wait for the locks of others, we hold none of these locks ourselves.
 * - If we cannot make a dot-lock, since we cannot write in the folder or the disk is full, we use only flock.
 */
import type { Clock } from "../../time/clock.ts";
import type { FileSystem } from "../../files/file_system.ts";
import type { InPlaceFile } from "../../files/in_place_file.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { dotLockOfOthers, type DotLockOptions, takeDotLock } from "./dot_lock.ts";

const PATIENCE_MS = 30_000;
const RETRY_MS = 100;

/** An mbox that nobody else changes until this is disposed. */
export interface LockedMbox extends AsyncDisposable {
  readonly file: InPlaceFile;
}

/**
 * Locks the mbox; the caller holds our own lock.
 *
 * @throws {Pop3ResponseError} with the code `IN-USE` when others keep it for half a minute
 */
export async function lockMbox(
  options: DotLockOptions & { readonly clock: Clock },
): Promise<LockedMbox> {
  const { files, clock, path } = options;
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    const dotLock = await takeDotLock(options);
    if (dotLock !== null) {
      let isLocked = false;
      let file: InPlaceFile | null = null;
      try {
        file = await files.openInPlace(path);
        if (file === null) throw new Deno.errors.NotFound(`${path}: there is no such mailbox`);
        isLocked = file.tryLock();
        if (isLocked) return locked(file, dotLock);
      } finally {
        if (!isLocked) {
          file?.[Symbol.dispose]();
          await dotLock[Symbol.asyncDispose]();
        }
      }
    }
    await waitForOthers(clock, until);
  }
}

/**
 * Waits, for a caller that only reads, until no other program is writing the mbox. Writes nothing.
 *
 * @throws {Pop3ResponseError} with the code `IN-USE` when a program keeps it for half a minute
 */
export async function waitForDotLock(
  files: FileSystem,
  clock: Clock,
  realPath: string,
): Promise<void> {
  const until = clock.now() + PATIENCE_MS;
  while (await dotLockOfOthers(files, realPath) === "held") await waitForOthers(clock, until);
}

async function waitForOthers(clock: Clock, until: number): Promise<void> {
  if (clock.now() >= until) {
    throw new Pop3ResponseError("Another program has this mailbox.", { code: "IN-USE" });
  }
  await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
}

function locked(file: InPlaceFile, dotLock: AsyncDisposable): LockedMbox {
  return {
    file,
    async [Symbol.asyncDispose]() {
      await dotLock[Symbol.asyncDispose]();
      file[Symbol.dispose]();
    },
  };
}
