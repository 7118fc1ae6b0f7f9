/**
 * Logs the errors of a mailbox. Each text is logged once, and the number of texts is limited, since other users may
 * choose names of files, which are parts of texts. An error about files that the server has moved is always logged,
 * because the administrator must look at those files.
 */
import { eventOf, type Pop3Events } from "../events/events.ts";

const MOST_TEXTS = 100;

/**
 * The ends of texts about files that the server has moved and kept. Each such text holds a random name. We compare only
 * the end, since texts quote names of files. tests/mailbox/reports_test.ts fails when somebody changes such a text.
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

  /** The texts that were logged, without those about moved files. */
  get texts(): readonly string[] {
    return [...this.#reported];
  }

  /** Logs an error. @param key of two errors with the same key, only the first is logged */
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
    this.#events(eventOf({ type: "error", connection: null, during: "mailbox", error }));
  }
}
