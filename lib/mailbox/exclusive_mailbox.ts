/** Wraps a mailbox so that one session at a time has it, from its list to its release. Other sessions get `[IN-USE]`. */
import { cannotWrite } from "../files/cannot_write.ts";
import { tryLockWithinProcess } from "../files/lock_within_process.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import { delegated, type LoginMailbox } from "./mailbox_store.ts";

/** How a mailbox is locked against other sessions of all processes. */
export interface ExclusiveAccess {
  readonly path: string;
  /** @returns null while another session has the lock */
  tryLock(): Promise<Disposable | null>;
  /** Receives the warning that no lock can be made. */
  report(error: Error): void;
}

export function exclusiveMailbox(mailbox: LoginMailbox, access: ExclusiveAccess): LoginMailbox {
  let lock: Disposable | null = null;
  return {
    ...delegated(() => mailbox),
    name: mailbox.name,
    async listMessageUniqueIds(info) {
      lock ??= await lockOrThrow(access);
      return await mailbox.listMessageUniqueIds(info);
    },
    async release(info) {
      try {
        await mailbox.release(info);
      } finally {
        lock?.[Symbol.dispose]();
        lock = null;
      }
    },
  };
}

/** Whether the error says that no lock can be made: nothing can be written, or there is no place for our folder. */
export function cannotLock(error: unknown): boolean {
  return cannotWrite(error) || error instanceof Pop3ResponseError && error.code === "READ-ONLY";
}

/** @throws {Pop3ResponseError} with the code `IN-USE` while another session has the exclusive lock */
async function lockOrThrow(access: ExclusiveAccess): Promise<Disposable> {
  const lock = await tryLock(access);
  if (lock !== null) return lock;
  throw new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE" });
}

/** Takes the lock. Where none can be made, it keeps out only the other sessions of this process. */
async function tryLock(access: ExclusiveAccess): Promise<Disposable | null> {
  try {
    return await access.tryLock();
  } catch (cause) {
    if (!cannotLock(cause)) throw cause;
    const text = "no lock can be made, so one session at a time holds within this process only";
    access.report(new Error(`${access.path}: ${text}`, { cause }));
    return tryLockWithinProcess(`exclusive ${access.path}`);
  }
}
