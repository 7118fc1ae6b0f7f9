/** How many errors a session may make until it is ended. */
import { closing, type ErrorReply, type Reply } from "../protocol/reply.ts";

/** A peer that sends this many lines in a row that are no commands at all does not speak POP3. */
const MAXIMUM_RUBBISH_LINES = 20;

/**
 * So many `-ERR` end the session. Before the login all are counted: whoever makes them is guessing, or lost. After
 * it those in a row: a client that finds a thousand messages gone does better to log in again.
 */
const MAXIMUM_ERRORS = { beforeLogin: 50, inARow: 1_000 };

export class ErrorBounds {
  #rubbishLines = 0;
  #errors = 0;

  /** A line was a command. */
  command(): void {
    this.#rubbishLines = 0;
  }

  /** A line was no command. */
  rubbish<T>(reply: ErrorReply<T>): ErrorReply<T> {
    this.#rubbishLines++;
    return this.#rubbishLines < MAXIMUM_RUBBISH_LINES ? reply : closing(reply);
  }

  /** Counts a reply; the one that is too much ends the session. */
  count(reply: Reply, isLoggedIn: boolean): Reply {
    if (reply.type === "error") this.#errors += isOfTheServer(reply) ? 0 : 1;
    else if (isLoggedIn) this.#errors = 0;
    const most = isLoggedIn ? MAXIMUM_ERRORS.inARow : MAXIMUM_ERRORS.beforeLogin;
    return reply.type === "error" && this.#errors >= most ? closing(reply) : reply;
  }
}

/** Whether it is no fault of the client's. Then it may ask again as often as it likes. */
function isOfTheServer({ code }: ErrorReply): boolean {
  return code !== null && /^(IN-USE|LOGIN-DELAY|SYS\/.*)$/.test(code);
}
