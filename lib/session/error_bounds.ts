/** How many errors a session may make before the server ends it. */
import { closing, type ErrorReply, type Reply } from "../protocol/reply.ts";

/** A peer that sends so many lines in a row that are no commands does not speak POP3. */
const MAXIMUM_RUBBISH_LINES = 20;

/**
 * So many `-ERR` end the session. Before the login all of them count: the client is guessing, or lost. After it only
 * those in a row count: a client that finds a thousand messages gone had better log in again.
 */
const MAXIMUM_ERRORS = { beforeLogin: 50, inARow: 1_000 };

export class ErrorBounds {
  #rubbishLines = 0;
  #errors = 0;

  /** Notes a command, which ends a row of lines that were none. */
  command(): void {
    this.#rubbishLines = 0;
  }

  /** Counts a line that was no command. */
  rubbish<T>(reply: ErrorReply<T>): ErrorReply<T> {
    this.#rubbishLines++;
    return this.#rubbishLines < MAXIMUM_RUBBISH_LINES ? reply : closing(reply);
  }

  /** Counts a reply. The first one too many ends the session. */
  count(reply: Reply, isLoggedIn: boolean): Reply {
    if (reply.type === "error") this.#errors += isServerFault(reply) ? 0 : 1;
    else if (isLoggedIn) this.#errors = 0;
    const most = isLoggedIn ? MAXIMUM_ERRORS.inARow : MAXIMUM_ERRORS.beforeLogin;
    return reply.type === "error" && this.#errors >= most ? closing(reply) : reply;
  }
}

/** Whether the client has no part in the error. It may then try again as often as it likes. */
function isServerFault({ code }: ErrorReply): boolean {
  return code !== null && /^(IN-USE|LOGIN-DELAY|SYS\/.*)$/.test(code);
}
