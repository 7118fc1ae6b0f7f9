/**
 * Writes lines to a place that may block or fail: a pipe whose reader sleeps or is gone, a file on a disk that is full,
 * slow or broken.
 *
 * - Callers never wait. One write at a time is in progress, on a thread of Deno; further lines wait in a bounded queue. (A
 *   synchronous write, and `console.error`, would wait for the reader of a full pipe, and so would all sessions.)
 * - A failed write is repeated, after longer and longer pauses, from the octet where it stopped, so that a full disk
 *   does not cut a line in two.
 * - While the queue is full, lines are lost and counted; the count is written in their place when there is room again.
 */
import { type Clock, systemClock } from "../time/clock.ts";

/** Where octets go: `Deno.stderr`, a file. LineWriter waits for each write before the next one. */
export interface LineSink {
  /** Writes some of the octets, and returns how many. */
  write(octets: Uint8Array): Promise<number>;
  /**
   * Called before each write, and by {@linkcode LineWriter.prepare}, so that the sink can open a file again. Returns
   * whether the next octets go to a new place. Must not fail.
   */
  prepare?(): Promise<boolean>;
}

/** How a {@linkcode LineWriter} writes. */
export interface LineWriterOptions {
  /** The line that is written in place of this number of lost lines. */
  readonly lost: (lines: number) => string;
  /** Called with the first failure after a success. */
  readonly onFailure?: (error: unknown) => void;
  /** The most octets that wait. 1 MiB by default. */
  readonly mostOctets?: number;
}

/** Octets of one write: many lines, so that a busy log needs few writes. */
const BATCH_OCTETS = 65_536;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** How long the end of the program waits for the last lines. */
export const FLUSH_MS = 200;
const encoder = new TextEncoder();

/** Lines that are written together. */
interface Batch {
  readonly octets: Uint8Array;
  /** Where each line ends. */
  readonly ends: readonly number[];
}

/** A bounded queue of lines, and what empties it. */
export class LineWriter implements AsyncDisposable {
  readonly #sink: LineSink;
  readonly #options: LineWriterOptions;
  readonly #clock: Clock;
  readonly #mostOctets: number;
  readonly #queue: Uint8Array[] = [];
  #octets = 0;
  #lost = 0;
  #working: Promise<void> | null = null;
  #retry: Disposable | null = null;
  #mustPrepare = false;
  #isOver = false;

  constructor(sink: LineSink, options: LineWriterOptions, clock: Clock = systemClock) {
    this.#sink = sink;
    this.#options = options;
    this.#clock = clock;
    this.#mostOctets = options.mostOctets ?? 1_048_576;
  }

  /** Queues a line, or several that belong together. Never waits or throws. */
  write(line: string): void {
    // A full queue takes no lines until it is half empty: one gap is better than many small ones.
    const isOpen = this.#lost === 0 ||
      (this.#octets <= this.#mostOctets / 2 && this.#admitLost());
    if (!isOpen) return void this.#lost++;
    if (!this.#admit(line)) this.#lost++;
    this.#working ??= this.#work();
  }

  /** Asks the sink to prepare itself, even if no line is waiting. Never waits. */
  prepare(): void {
    this.#mustPrepare = true;
    this.#working ??= this.#work();
  }

  /** Waits until all lines are written, for {@linkcode FLUSH_MS} at most. */
  async flush(): Promise<void> {
    if (this.#working === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    using _late = this.#clock.after(FLUSH_MS, resolve);
    await Promise.race([this.#working, promise]);
  }

  /** Flushes, and gives up the lines that could not be written by then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    this.#isOver = true;
    this.#retry?.[Symbol.dispose]();
  }

  #admitLost(): boolean {
    if (!this.#admit(this.#options.lost(this.#lost))) return false;
    this.#lost = 0;
    return true;
  }

  #admit(line: string): boolean {
    // UTF-8 needs at least one octet for each character, so a line that cannot fit is not even encoded.
    if (this.#octets + line.length > this.#mostOctets) return false;
    const octets = encoder.encode(`${line}\n`);
    if (this.#octets + octets.length > this.#mostOctets) return false;
    this.#queue.push(octets);
    this.#octets += octets.length;
    return true;
  }

  /** Empties the queue. Never fails. */
  async #work(): Promise<void> {
    // Waits a moment, so that lines that come together become one write.
    await Promise.resolve();
    while (!this.#isOver) {
      if (this.#queue.length > 0) await this.#writeBatch(this.#takeBatch());
      else await this.#prepare();
      if (this.#queue.length === 0 && this.#lost > 0) this.#admitLost();
      if (this.#queue.length === 0 && !this.#mustPrepare) break;
    }
    this.#working = null;
  }

  async #prepare(): Promise<boolean> {
    this.#mustPrepare = false;
    return await this.#sink.prepare?.() ?? false;
  }

  #takeBatch(): Batch {
    const ends: number[] = [];
    let length = 0;
    for (const line of this.#queue) {
      if (length > 0 && length + line.length > BATCH_OCTETS) break;
      length += line.length;
      ends.push(length);
    }
    const octets = new Uint8Array(length);
    let at = 0;
    for (const line of this.#queue.splice(0, ends.length)) {
      octets.set(line, at);
      at += line.length;
    }
    return { octets, ends };
  }

  async #writeBatch({ octets, ends }: Batch): Promise<void> {
    let at = 0;
    let retryAfter = FIRST_RETRY_MS;
    let hasFailed = false;
    const goOnAt = (next: number) => {
      this.#octets -= next - at;
      at = next;
    };
    while (at < octets.length) {
      try {
        if (await this.#prepare() && at > 0 && !ends.includes(at)) {
          // The rest of a line makes no sense at the start of a new file.
          this.#lost++;
          goOnAt(ends.find((end) => end > at) ?? octets.length);
          continue;
        }
        const written = await this.#sink.write(octets.subarray(at));
        if (written === 0) throw new Error("Nothing could be written");
        goOnAt(at + written);
        retryAfter = FIRST_RETRY_MS;
      } catch (error) {
        if (!hasFailed) this.#report(error);
        hasFailed = true;
        if (this.#isOver) return;
        await new Promise<void>((resolve) => {
          this.#retry = this.#clock.after(retryAfter, resolve);
        });
        retryAfter = Math.min(2 * retryAfter, LAST_RETRY_MS);
      }
    }
  }

  #report(error: unknown): void {
    try {
      this.#options.onFailure?.(error);
    } catch {
      // The observer of failures may fail, too.
    }
  }
}
