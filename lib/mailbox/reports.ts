/**
 * What a mailbox has reported to the log. Each text is reported once, and only so many texts, since other users may choose
 * names of files, and so texts. What the server has moved, so that a person must look at it, is always reported.
 */
import type { Pop3Events } from "../events/events.ts";

const MOST_TEXTS = 100;

/**
 * The ends of texts about what the server has moved and kept; each such text holds a random name. Only the end counts, since
 * texts quote the names of files. tests/mailbox/reports_test.ts fails where such a text is changed.
 */
const KEPT = [
  /: give it back by hand$/,
  / holds, after its first \d+ octets, what the mbox held then$/,
];

export class Reports {
  readonly #path: string;
  readonly #events: Pop3Events;
  readonly #reported = new Set<string>();
  #isFull = false;

  constructor(path: string, events: Pop3Events) {
    this.#path = path;
    this.#events = events;
  }

  /** What was reported, without what was moved. */
  get texts(): readonly string[] {
    return [...this.#reported];
  }

  /** @param key what must not be reported twice */
  tell(error: Error, key = error.message): void {
    if (KEPT.some((end) => end.test(error.message))) return this.#send(error);
    if (this.#reported.has(key) || this.#isFull) return;
    if (this.#reported.size < MOST_TEXTS) {
      this.#reported.add(key);
      return this.#send(error);
    }
    this.#isFull = true;
    this.#send(
      new Error(
        `${this.#path}: ${MOST_TEXTS} different errors were told since the start; more are not told`,
      ),
    );
  }

  #send(error: Error): void {
    this.#events({ type: "error", connection: null, during: "mailbox", error });
  }
}
