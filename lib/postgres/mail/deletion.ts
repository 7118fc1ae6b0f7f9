/**
 * Deletes a set of messages, all or none, and knows in the end which it was.
 *
 * The deletion is one statement with a key of its own. When its answer is lost, the database is asked for the key. That
 * question waits for the deletion if it still runs, and prevents it if it has not begun: whatever the answer is, it stays
 * true.
 */
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { Clock } from "../../time/clock.ts";
import { isRefusal, sqlStateOf } from "../client/connection.ts";
import { DatabaseClosedError } from "../client/pool_errors.ts";
import type { Database } from "../postgres_database.ts";

/** How long the database is asked for the outcome, beside the time that a query may take. */
const OUTCOME_MS = 30_000;
const PAUSE_MS = 500;

/** The SQLSTATEs of pop3svc.delete_messages: the lease has lapsed; a session without one meets that of another. */
const LAPSED = "P3001";
const LEASED = "P3002";

/** @throws when nothing was deleted, or nobody can say whether it was */
export async function deleteMessages(
  database: Database,
  mailbox: string,
  uniqueIds: readonly string[],
  token: string | null,
): Promise<void> {
  const key = crypto.randomUUID();
  const until = database.clock.now() + database.queryMs + OUTCOME_MS;
  try {
    await database.query("delete", "select pop3svc.delete_messages($1, $2, $3, $4)", [
      key,
      mailbox,
      uniqueIds,
      token,
    ]);
  } catch (cause) {
    if (sqlStateOf(cause) === LAPSED) throw leaseLost();
    if (sqlStateOf(cause) === LEASED) {
      throw nothingDeleted("Another session has this mailbox; nothing was deleted.", cause);
    }
    // Nothing was sent.
    if (cause instanceof Pop3ResponseError || cause instanceof DatabaseClosedError) throw cause;
    if (!isRefusal(cause) && await outcomeOf(database, key, cause, until)) return;
    throw nothingDeleted("Nothing was deleted. Try again later.", cause);
  }
}

function nothingDeleted(text: string, cause: unknown): Pop3ResponseError {
  return new Pop3ResponseError(text, { code: "SYS/TEMP", cause });
}

/** What a session hears that no longer has the mailbox to itself. */
export function leaseLost(): Pop3ResponseError {
  return new Pop3ResponseError(
    "Your session has lost this mailbox to another; nothing was deleted.",
    { code: "SYS/TEMP" },
  );
}

/** Whether the deletion was done. @throws where nobody can say so until this time */
async function outcomeOf(
  database: Database,
  key: string,
  cause: unknown,
  until: number,
): Promise<boolean> {
  const { clock } = database;
  const end = Promise.withResolvers<null>();
  using _end = clock.after(until - clock.now(), () => end.resolve(null));
  for (let left = until - clock.now(); left > 0; left = until - clock.now()) {
    try {
      const asked = database.query("outcome", "select pop3svc.outcome($1)", [key], {
        queryMs: Math.min(left, database.queryMs),
        isCancelled: false,
      });
      const rows = await Promise.race([asked, end.promise]);
      if (rows === null) break;
      return rows[0]?.[0] === "t";
    } catch (error) {
      if (error instanceof DatabaseClosedError) break;
    }
    await pause(clock, Math.min(left, PAUSE_MS));
  }
  throw new Pop3ResponseError("It is not known whether your messages were deleted.", {
    code: "SYS/TEMP",
    closes: true,
    cause,
  });
}

function pause(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => void clock.after(milliseconds, resolve));
}
