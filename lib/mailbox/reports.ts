/**
 * What a mailbox has told to the log. Each text is told once, and only so many of them, since whoever writes in the
 * mailbox may choose names, and so texts. What the server has moved, and a person must look after, is always told.
 */
import type { Pop3Events } from "../events/events.ts";

const MOST_TEXTS = 100;

/**
 * Texts of the server about what it has moved and kept; each has a name of its own, made at random. Only the end of a
 * text counts, since texts quote the names of files. tests/mailbox/reports_test.ts fails where such a text is changed.
 */
const KEPT = [
  /: give it back by hand$/,
  / holds, after its first \d+ octets, what the mbox held then$/,
];

export class Reports {
  readonly #path: string;
  readonly #events: Pop3Events;
  readonly #told = new Set<string>();
  #isFull = false;

  constructor(path: string, events: Pop3Events) {
    this.#path = path;
    this.#events = events;
  }

  /** What was told, but for what was moved. */
  get texts(): readonly string[] {
    return [...this.#told];
  }

  /** @param key what must not be told twice */
  tell(error: Error, key = error.message): void {
    if (KEPT.some((end) => end.test(error.message))) return this.#send(error);
    if (this.#told.has(key) || this.#isFull) return;
    if (this.#told.size < MOST_TEXTS) {
      this.#told.add(key);
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
