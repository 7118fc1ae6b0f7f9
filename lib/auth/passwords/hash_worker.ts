/** A thread that checks password hashes, one after the other. */
import type { SlowHash } from "./password_hash.ts";
import { verifySlowHash } from "./slow_hashes.ts";

/** The hash and the password that the worker is to check. */
export interface HashQuestion {
  readonly hash: SlowHash;
  readonly password: string;
}

/** The worker's answer. */
export type HashAnswer =
  | { readonly type: "answer"; readonly isRight: boolean }
  /** Without the error's message, which might repeat the password. */
  | { readonly type: "failed"; readonly errorName: string };

/** The global scope of a worker; Deno's types describe that of the main thread. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<HashQuestion>) => void) | null;
  postMessage(answer: HashAnswer): void;
}

const scope = self as unknown as WorkerScope;

scope.onmessage = async ({ data: { hash, password } }) => {
  try {
    scope.postMessage({ type: "answer", isRight: await verifySlowHash(hash, password) });
  } catch (error) {
    scope.postMessage({
      type: "failed",
      errorName: error instanceof Error ? error.name : "unknown",
    });
  }
};
