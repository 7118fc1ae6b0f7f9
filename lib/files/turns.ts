/**
 * Says how many calls are made on other threads at the same time, and whose turn is next. Deno has 32 such threads, and a
 * call without an answer keeps its thread: with 32 of them, all asynchronous file work of the process would stop.
 */

/** The others are for calls on disks that we do not know, such as that of the state directory. */
const MOST_CALLS = 28;
/** If more are running, a disk gets its next turn only when it has none, so disks that hang leave some to the others. */
const MOST_SHARED = 20;

/** The calls of one disk that wait for their turn. */
export interface WaitingCalls {
  /** How many of its calls are running. */
  readonly running: number;
  /** How many of its calls may run. */
  readonly most: number;
  readonly isEmpty: boolean;
  /** Begins the call that has waited longest. */
  beginNext(): void;
}

export class Turns {
  #running = 0;
  /** Those whose turn is next first. Each that gets a turn goes to the end. */
  readonly #line = new Set<WaitingCalls>();

  /** A call has come to the disk's. */
  join(disk: WaitingCalls): void {
    this.#line.add(disk);
    this.#goOn();
  }

  /** A call has ended. */
  end(): void {
    this.#running--;
    this.#goOn();
  }

  #goOn(): void {
    // A disk that goes to the end of the line comes once more in this loop.
    for (const disk of this.#line) {
      if (this.#running >= MOST_CALLS) return;
      if (disk.isEmpty) this.#line.delete(disk);
      else if (disk.running === 0 || disk.running < disk.most && this.#running < MOST_SHARED) {
        this.#line.delete(disk);
        this.#line.add(disk);
        this.#running++;
        disk.beginNext();
      }
    }
  }
}
