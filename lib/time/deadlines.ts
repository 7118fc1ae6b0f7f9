/**
 * Many deadlines, such as those of all connections, watched by one timer.
 *
 * Each command moves the deadline of its connection. That must cost almost nothing, so it only sets a number. The timer
 * looks at all deadlines every half second, so it may notice one half a second late. There is no timer while there is
 * no deadline.
 */
import type { Clock } from "./clock.ts";

const LOOK_EVERY_MS = 500;

/** When something is no longer waited for. */
export class Deadline {
  /** The instant by the clock; Infinity for none. */
  at: number = Infinity;
  readonly expire: () => void;

  constructor(expire: () => void) {
    this.expire = expire;
  }
}

/** Calls `expire` of each deadline that has passed, once. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #deadlines = new Set<Deadline>();
  #timer: Disposable | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches the deadline until it is deleted, or has passed. */
  add(deadline: Deadline): void {
    this.#deadlines.add(deadline);
    this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  delete(deadline: Deadline): void {
    this.#deadlines.delete(deadline);
    if (this.#deadlines.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #look(): void {
    this.#timer = null;
    const now = this.#clock.now();
    for (const deadline of this.#deadlines) {
      if (deadline.at > now) continue;
      this.#deadlines.delete(deadline);
      deadline.expire();
    }
    if (this.#deadlines.size > 0) {
      // What expired may have added a deadline, and so a timer.
      this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => this.#look());
    }
  }
}
