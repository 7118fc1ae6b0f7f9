/** Puts messages into mailboxes of the database. */
import { type MessageContent, openBody } from "../../provider/message_content.ts";
import { nameKeysOf, type UsernameCase } from "../../auth/prepared_text.ts";
import type { Queries } from "../client/connection.ts";
import { type PostgresDatabase, queriesOf } from "../postgres_database.ts";
import { ensureSchema } from "../schema/schema_version.ts";
import { Chunks } from "./chunks.ts";

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
 * @throws {SchemaVersionError} when the tables have another version than this package
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
  await ensureSchema(database);
  const [row] = name.includes("\0") ? [] : await queriesOf(database).query(
    "mailbox",
    "select pop3svc.mailbox_named(mailbox) from pop3svc.account where name = $1",
    [name],
  );
  const id = row?.[0] ?? null;
  if (id === null) throw new NoSuchUserError("there is no such user");
  return id;
}

/** A small message is one statement: a sender that is slow, or gone, keeps no transaction open and no row locked. */
const ADD_SMALL = `with body as materialized (select nextval('pop3svc.body') as id),
  added as (
    insert into pop3svc.chunk (body, number, octets) select id, 0, $5::bytea from body where $5::bytea is not null
  ) select pop3svc.add_message($1, id, $2, $3, $4) from body`;

/** For one that is not small: a sender that stops in the middle is waited for so long. */
const BEGIN_LARGE = "begin; set local idle_in_transaction_session_timeout = '1min'";

/** Puts a message into a mailbox, whole or not at all. */
export async function addMessage(
  database: PostgresDatabase,
  mailbox: string,
  message: MessageContent,
  uniqueId: string | null,
): Promise<Delivered> {
  const body = openBody(message);
  try {
    const chunks = new Chunks(body);
    const first = await chunks.next();
    return await queriesOf(database).run("deliver", async (queries) => {
      if (!chunks.isAtEnd && first !== null) {
        return await addLarge(queries, mailbox, first, chunks, uniqueId);
      }
      const { octets, isClean } = chunks;
      const [row] = await queries.query(ADD_SMALL, [mailbox, uniqueId, octets, isClean, first]);
      return { uniqueId: row?.[0] ?? "", octets };
    });
  } finally {
    await body.close();
  }
}

async function addLarge(
  queries: Queries,
  mailbox: string,
  first: Uint8Array,
  chunks: Chunks,
  uniqueId: string | null,
): Promise<Delivered> {
  await queries.script(BEGIN_LARGE);
  try {
    const [row] = await queries.query("select nextval('pop3svc.body')");
    const id = row?.[0] ?? null;
    let number = 0;
    for (let chunk: Uint8Array | null = first; chunk !== null; chunk = await chunks.next()) {
      await queries.query("insert into pop3svc.chunk (body, number, octets) values ($1, $2, $3)", [
        id,
        number++,
        chunk,
      ]);
    }
    const { octets, isClean } = chunks;
    const [added] = await queries.query("select pop3svc.add_message($1, $2, $3, $4, $5)", [
      mailbox,
      id,
      uniqueId,
      octets,
      isClean,
    ]);
    await queries.query("commit");
    return { uniqueId: added?.[0] ?? "", octets };
  } catch (error) {
    await queries.query("rollback").catch(() => {});
    throw error;
  }
}
