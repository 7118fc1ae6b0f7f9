/**
 * Deletes a set of messages, all or none, and knows in the end which it was.
 *
 * The deletion is one statement with a key of its own. When its answer is lost, the database is asked for the key. That
 * question waits for the deletion if it still runs, and prevents it if it has not begun: whatever the answer is, it stays
 * true.
 */
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { Clock } from "../../time/clock.ts";
import { isOfTheConnection, sqlStateOf } from "../client/connection.ts";
import type { Database } from "../postgres_database.ts";

/** How long it is tried to find out. */
const OUTCOME_MS = 60_000;
const PAUSE_MS = 500;

/** The SQLSTATE with which pop3svc.delete_messages refuses a lease that has lapsed. */
const LAPSED = "P3001";

/** @throws when nothing was deleted, or nobody can say whether it was */
export async function deleteMessages(
  database: Database,
  mailbox: string,
  uniqueIds: readonly string[],
  token: string | null,
): Promise<void> {
  const key = crypto.randomUUID();
  try {
    await database.query("delete", "select pop3svc.delete_messages($1, $2, $3, $4)", [
      key,
      mailbox,
      uniqueIds,
      token,
    ]);
  } catch (cause) {
    if (sqlStateOf(cause) === LAPSED) throw leaseLost();
    // The server has refused, or nothing was sent.
    if (!isOfTheConnection(cause) || cause instanceof Pop3ResponseError) throw cause;
    if (await outcomeOf(database, key, cause)) return;
    throw new Pop3ResponseError("Nothing was deleted. Try again later.", {
      code: "SYS/TEMP",
      cause,
    });
  }
}

/** What a session hears that no longer has the mailbox to itself. */
export function leaseLost(): Pop3ResponseError {
  return new Pop3ResponseError(
    "Your session has lost this mailbox to another; nothing was deleted.",
    { code: "SYS/TEMP" },
  );
}

/** Whether the deletion was done. */
async function outcomeOf(database: Database, key: string, cause: unknown): Promise<boolean> {
  const { clock } = database;
  for (const until = clock.now() + OUTCOME_MS;;) {
    try {
      const [row] = await database.query("outcome", "select pop3svc.outcome($1)", [key]);
      return row?.[0] === "t";
    } catch {
      if (clock.now() >= until) {
        throw new Pop3ResponseError("It is not known whether your messages were deleted.", {
          code: "SYS/TEMP",
          closes: true,
          cause,
        });
      }
    }
    await pause(clock);
  }
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.after(PAUSE_MS, resolve));
}
