/**
 * Checks password hashes on other threads, so that many logins at once do not stop the sessions on the event loop.
 *
 * - The number of hashes that are checked at once is limited, and so is the number that wait. Further logins are
 *   refused with `[SYS/TEMP]`, which does not mean a wrong password.
 * - When a hash takes over ten seconds, its thread is ended, and its login is refused with `[SYS/TEMP]`, too.
 * - A thread is started when there is work for it, and ended after half a minute without work.
 */
import { checkedOptions, type SettingsTable, wholeNumber } from "../../settings/setting.ts";
import type { Clock } from "../../time/clock.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { HashAnswer, HashQuestion } from "./hash_worker.ts";
import type { SlowHash } from "./password_hash.ts";

/** How much a {@linkcode HashWorkers} may do at once. */
export interface HashWorkersOptions {
  /** How many threads. By default one fewer than there are cores, from 1 to 4. */
  readonly threads?: number;
  /** How many hashes may wait for a thread. 64 by default. */
  readonly waiting?: number;
}

const hashWorkersSettings: SettingsTable<Required<HashWorkersOptions>> = {
  threads: wholeNumber(1, 1_024, Math.min(4, Math.max(1, navigator.hardwareConcurrency - 1))),
  waiting: wholeNumber(0, 1_000_000, 64),
};

interface Job {
  readonly question: HashQuestion;
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
}

const ENDED = "The server is stopping";
const IDLE_MS = 30_000;
/** The longest time that the check of one hash may take. */
const LONGEST_MS = 10_000;

export class HashWorkers implements Disposable {
  readonly #threads: number;
  readonly #waiting: number;
  readonly #clock: Clock;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job & { readonly limit: Disposable }>();
  readonly #queue: Job[] = [];
  #idleTimer: Disposable | null = null;
  #isEnded = false;

  constructor(options: HashWorkersOptions, clock: Clock) {
    const { threads, waiting } = checkedOptions(hashWorkersSettings, options);
    this.#threads = threads;
    this.#waiting = waiting;
    this.#clock = clock;
  }

  /**
   * Whether the hash was made from this password.
   *
   * @throws {Pop3ResponseError} `[SYS/TEMP]` when too many hashes are waiting already
   */
  verify(hash: SlowHash, password: string): Promise<boolean> {
    if (this.#isEnded) return Promise.reject(new Error(ENDED));
    if (this.#busy.size >= this.#threads && this.#queue.length >= this.#waiting) {
      const busy = new Pop3ResponseError("Too many logins at once. Try again later.", {
        code: "SYS/TEMP",
      });
      return Promise.reject(busy);
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ question: { hash, password }, resolve, reject });
      this.#startNext();
    });
  }

  /** Ends the threads, and rejects the checks that are not done. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#idleTimer?.[Symbol.dispose]();
    this.#idleTimer = null;
    const jobs = [...this.#busy.values(), ...this.#queue.splice(0)];
    for (const { limit } of this.#busy.values()) limit[Symbol.dispose]();
    for (const worker of [...this.#idle.splice(0), ...this.#busy.keys()]) worker.terminate();
    this.#busy.clear();
    for (const { reject } of jobs) reject(new Error(ENDED));
  }

  #startNext(): void {
    if (this.#busy.size >= this.#threads) return;
    const job = this.#queue.shift();
    if (job === undefined) return this.#endThreadsLater();
    this.#idleTimer?.[Symbol.dispose]();
    this.#idleTimer = null;
    const worker = this.#idle.pop() ?? this.#newWorker();
    const limit = this.#clock.after(LONGEST_MS, () => this.#giveUp(worker));
    this.#busy.set(worker, { ...job, limit });
    worker.postMessage(job.question);
  }

  #giveUp(worker: Worker): void {
    const cause = new Error(`A password hash took over ${LONGEST_MS / 1_000} seconds`);
    const options = { code: "SYS/TEMP", cause } as const;
    this.#end(worker, new Pop3ResponseError("Your password takes too long to check.", options));
  }

  /** Ends a thread, and rejects its job. */
  #end(worker: Worker, error: Error): void {
    worker.terminate();
    this.#takeJobOf(worker)?.reject(error);
    this.#startNext();
  }

  #takeJobOf(worker: Worker): Job | null {
    const job = this.#busy.get(worker) ?? null;
    job?.limit[Symbol.dispose]();
    this.#busy.delete(worker);
    return job;
  }

  #endThreadsLater(): void {
    if (this.#busy.size > 0) return;
    this.#idleTimer ??= this.#clock.after(IDLE_MS, () => {
      this.#idleTimer = null;
      for (const worker of this.#idle.splice(0)) worker.terminate();
    });
  }

  #newWorker(): Worker {
    const worker = new Worker(new URL("./hash_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      const job = this.#takeJobOf(worker);
      // The thread may have answered just when it was ended.
      if (job === null) return;
      this.#idle.push(worker);
      if (data.type === "answer") job.resolve(data.isRight);
      else job.reject(new Error(`A password hash could not be checked: ${data.errorName}`));
      this.#startNext();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(worker, new Error(`The thread for password hashes failed: ${event.message}`));
    };
    return worker;
  }
}
