/** Moves mail of another mailbox into the database, with its unique ids: clients do not read it all again. */
import { nameKeysOf, type UsernameCase } from "../../auth/prepared_text.ts";
import type { ConnectionInfo } from "../../provider/connection_info.ts";
import type { Mailbox } from "../../provider/mailbox.ts";
import { type PostgresDatabase, queriesOf } from "../postgres_database.ts";
import { addMessage, mailboxOf } from "./deliver.ts";

/** Options of an import. */
export interface ImportOptions {
  /** How the name is compared: `lower` (the default) ignores the case of letters, `keep` does not. */
  readonly usernameCase?: UsernameCase;
  /** Called after each message. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** What an import has done. */
export interface Imported {
  /** Messages that were added. */
  readonly added: number;
  /** Those that were there already. */
  readonly known: number;
}

/**
 * Copies all messages of a mailbox into that of a user, in their order and with their unique ids. Nothing is deleted. An
 * import that was interrupted can be run again, before the user logs in: it adds what is missing, and so also what the
 * user has deleted.
 *
 * @param mailbox such as `maildirMailbox("/var/mail/me")`
 */
export async function importMailbox(
  database: PostgresDatabase,
  username: string,
  mailbox: Mailbox,
  { usernameCase = "lower", onProgress = () => {} }: ImportOptions = {},
): Promise<Imported> {
  const name = (await nameKeysOf(usernameCase, username))(username);
  const id = await mailboxOf(database, name);
  const info = nobodysConnection(username);
  try {
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const known = new Set(await knownIn(database, id));
    let [done, added] = [0, 0];
    for (const uniqueId of uniqueIds) {
      if (!known.has(uniqueId)) {
        const content = await mailbox.messageContents(info, uniqueId);
        if (content !== null) {
          await addMessage(database, id, content, uniqueId);
          added++;
        }
      }
      onProgress(++done, uniqueIds.length);
    }
    return { added, known: uniqueIds.filter((each) => known.has(each)).length };
  } finally {
    await mailbox.release?.(info);
  }
}

async function knownIn(database: PostgresDatabase, mailbox: string): Promise<(string | null)[]> {
  const rows = await queriesOf(database).query(
    "import",
    "select unique_id from pop3svc.message where mailbox = $1",
    [mailbox],
  );
  return rows.map(([uniqueId = null]) => uniqueId);
}

function nobodysConnection(username: string): ConnectionInfo {
  return {
    connectionId: "import",
    clientAddress: "127.0.0.1",
    clientPort: 0,
    isSecure: true,
    tls: null,
    username,
    mailboxName: null,
    signal: new AbortController().signal,
    tag: undefined,
  };
}
