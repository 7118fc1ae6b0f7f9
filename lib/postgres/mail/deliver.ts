/** Puts messages into mailboxes of the database. */
import { octetsOrThrow } from "../../provider/bodies.ts";
import { type MessageContent, openBody } from "../../provider/message_content.ts";
import { nameKeysOf, type UsernameCase } from "../../auth/prepared_text.ts";
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import type { Queries } from "../client/connection.ts";
import { type PostgresDatabase, queriesOf } from "../postgres_database.ts";
import { CHUNK_OCTETS } from "./message_body.ts";

/** Nobody has this name, or the account has no mailbox. */
export class NoSuchUserError extends Error {
  /** Always `NoSuchUserError`. */
  override readonly name: string = "NoSuchUserError";
}

/** Options of a delivery. */
export interface DeliverOptions {
  /** How the name is compared: `lower` (the default) ignores the case of letters, `keep` does not. */
  readonly usernameCase?: UsernameCase;
  /** The unique id; a new one by default. It fails if the mailbox has it already. */
  readonly uniqueId?: string;
}

/** A message that was put into a mailbox. */
export interface Delivered {
  /** Its unique id. */
  readonly uniqueId: string;
  /** Its size as POP3 counts it. */
  readonly octets: number;
}

/**
 * Puts a message into the mailbox of a user of the table `pop3svc.account`. It is there for good when the promise is
 * fulfilled. When it is rejected, it is not there, unless only the last answer of the database was lost.
 *
 * @throws {NoSuchUserError} when nobody has the name
 */
export async function deliver(
  database: PostgresDatabase,
  username: string,
  message: MessageContent,
  { usernameCase = "lower", uniqueId }: DeliverOptions = {},
): Promise<Delivered> {
  const name = (await nameKeysOf(usernameCase, username))(username);
  const mailbox = await mailboxOf(database, name);
  return await addMessage(database, mailbox, message, uniqueId ?? null);
}

/** The id of the mailbox of a user; it is made where the account names one that is not there yet. */
export async function mailboxOf(database: PostgresDatabase, name: string): Promise<string> {
  const [row] = name.includes("\0") ? [] : await queriesOf(database).query(
    "mailbox",
    "select pop3svc.mailbox_named(mailbox) from pop3svc.account where name = $1",
    [name],
  );
  const id = row?.[0] ?? null;
  if (id === null) throw new NoSuchUserError("there is no such user");
  return id;
}

/** Puts a message into a mailbox, whole or not at all. */
export async function addMessage(
  database: PostgresDatabase,
  mailbox: string,
  message: MessageContent,
  uniqueId: string | null,
): Promise<Delivered> {
  const body = openBody(message);
  try {
    return await queriesOf(database).run("deliver", async (queries) => {
      await queries.query("begin");
      try {
        const [row] = await queries.query("select nextval('pop3svc.body')");
        const id = row?.[0] ?? null;
        const counter = await addChunks(queries, id, () => body.nextChunk());
        const [added] = await queries.query("select pop3svc.add_message($1, $2, $3, $4, $5)", [
          mailbox,
          id,
          uniqueId,
          counter.octets,
          counter.isClean,
        ]);
        await queries.query("commit");
        return { uniqueId: added?.[0] ?? "", octets: counter.octets };
      } catch (error) {
        await queries.query("rollback").catch(() => {});
        throw error;
      }
    });
  } finally {
    await body.close();
  }
}

async function addChunks(
  queries: Queries,
  body: string | null,
  next: () => unknown,
): Promise<OctetCounter> {
  const counter = new OctetCounter();
  const buffer = new Uint8Array(CHUNK_OCTETS);
  let [number, filled] = [0, 0];
  const flush = async () => {
    if (filled === 0) return;
    await queries.query("insert into pop3svc.chunk (body, number, octets) values ($1, $2, $3)", [
      body,
      number++,
      buffer.slice(0, filled),
    ]);
    filled = 0;
  };
  for (;;) {
    const chunk = octetsOrThrow(await next());
    if (chunk === null) break;
    counter.add(chunk);
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + CHUNK_OCTETS - filled);
      buffer.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === CHUNK_OCTETS) await flush();
    }
  }
  await flush();
  return counter;
}
