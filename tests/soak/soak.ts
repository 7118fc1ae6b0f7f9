/** What all parts of a soak share: the server, the time that is left, and the failures. */
import type { SoakServer } from "./soak_server.ts";
import type { SoakMail } from "./soak_mail.ts";

/** A kind of trouble, or of work that must go on in spite of it. */
export interface SoakPart {
  readonly name: string;
  /** Why this part cannot run on this machine; null when it can. */
  readonly whyNot?: () => string | null;
  /** Runs until the soak is over. An error that it throws is a failure. */
  readonly run: (soak: Soak) => Promise<void>;
}

/** Most failures that are printed for each part; the others are only counted. */
const MOST_TOLD = 3;

export class Soak {
  readonly server: SoakServer;
  readonly mail: SoakMail;
  readonly #failures = new Map<string, number>();
  readonly #endsAt: number;
  /** Counters by name, for the last line. */
  readonly done = new Map<string, number>();

  constructor(server: SoakServer, mail: SoakMail, seconds: number) {
    this.server = server;
    this.mail = mail;
    this.#endsAt = performance.now() + 1_000 * seconds;
  }

  get isOver(): boolean {
    return performance.now() >= this.#endsAt || this.server.hasEnded;
  }

  /** Milliseconds that are left. */
  get left(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  count(what: string, by = 1): void {
    this.done.set(what, (this.done.get(what) ?? 0) + by);
  }

  fail(part: string, text: string): void {
    const count = (this.#failures.get(part) ?? 0) + 1;
    this.#failures.set(part, count);
    if (count <= MOST_TOLD) console.error(`FAILED ${part}: ${text}`);
  }

  failuresOf(part: string): number {
    return this.#failures.get(part) ?? 0;
  }

  get failures(): number {
    return [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** A pause, never longer than the soak. */
export function pause(soak: Soak, milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, soak.left)));
}

/** Something took too long. */
export class LateError extends Error {
  override readonly name = "LateError";
}

/** The outcome of a promise. @throws {LateError} when it does not come in time */
export async function soon<T>(what: string, milliseconds: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new LateError(`${what}: nothing came for ${milliseconds} ms`)),
    milliseconds,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
    // A rejection that comes too late must not end the process.
    promise.catch(() => {});
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
