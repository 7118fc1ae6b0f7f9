/** Makes the tables of this package, or brings them to the newest version. */
import version1 from "./1.sql" with { type: "text" };
import type { Queries } from "../client/connection.ts";
import { type PostgresDatabase, queriesOf } from "../postgres_database.ts";
import { SCHEMA_VERSION } from "./schema_version.ts";

const VERSIONS: readonly string[] = [version1];

/** How long a statement may take: it may change large tables, or wait for another program that does. */
const QUERY_MS = 3_600_000;

/** Who may do what. What a role had before is taken from it first, so it has no more than this version needs. */
export interface MigrateOptions {
  /** The role of pop3svc: it may log users in, read and delete mail. It gets no right to change tables. */
  readonly serverRole?: string;
  /** The role of what delivers mail; it may be the same. It may add mailboxes and messages, and read neither. */
  readonly deliveryRole?: string;
}

const SERVER_RIGHTS: readonly string[] = [
  "usage on schema pop3svc",
  "select on pop3svc.version, pop3svc.mailbox, pop3svc.account, pop3svc.message, pop3svc.chunk",
  "update (version) on pop3svc.mailbox",
  "delete on pop3svc.message",
  "select, insert, update, delete on pop3svc.lease",
  "select, insert, update, delete on pop3svc.deletion",
  "select, insert, delete on pop3svc.strike",
];

const DELIVERY_RIGHTS: readonly string[] = [
  "usage on schema pop3svc",
  "select on pop3svc.version",
  "select (name, mailbox) on pop3svc.account",
  "select (id, name), insert (name), update (version) on pop3svc.mailbox",
  // add_message returns what it has inserted.
  "select (unique_id), insert (mailbox, body, unique_id, octets, is_clean) on pop3svc.message",
  "insert on pop3svc.chunk",
  "usage on sequence pop3svc.body",
];

/**
 * Brings the tables of the schema `pop3svc` to the version of this package, whole or not at all. The database must have
 * been opened as a role that may make them: not as that of the server. When there is nothing to do, only rights are
 * granted.
 *
 * @returns from which version to which; 0 where there was nothing
 * @throws {RangeError} when the tables are newer than this package
 */
export async function migrate(
  database: PostgresDatabase,
  { serverRole, deliveryRole }: MigrateOptions = {},
): Promise<{ readonly from: number; readonly to: number }> {
  return await queriesOf(database).run("migrate", async (queries) => {
    await queries.query("begin");
    try {
      // Two programs that migrate at once do it one after the other.
      await queries.query("select pg_advisory_xact_lock(hashtext('pop3svc migrate'))");
      await queries.query("create schema if not exists pop3svc");
      await queries.query(
        "create table if not exists pop3svc.version (number integer not null, at timestamptz not null default now())",
      );
      const [row] = await queries.query("select coalesce(max(number), 0) from pop3svc.version");
      const from = Number(row?.[0]);
      if (from > SCHEMA_VERSION) {
        throw new RangeError(
          `the tables have version ${from}, and this package knows up to ${SCHEMA_VERSION}`,
        );
      }
      for (const [index, text] of VERSIONS.entries()) {
        if (index < from) continue;
        await queries.script(text);
        await queries.query("insert into pop3svc.version (number) values ($1)", [index + 1]);
      }
      for (const role of [serverRole, deliveryRole]) await revokeAll(queries, role);
      await grant(queries, SERVER_RIGHTS, serverRole);
      await grant(queries, DELIVERY_RIGHTS, deliveryRole);
      await queries.query("commit");
      return { from, to: SCHEMA_VERSION };
    } catch (error) {
      await queries.query("rollback").catch(() => {});
      throw error;
    }
  }, { queryMs: QUERY_MS });
}

/** Takes from a role what it may do with the tables, unless they are its own. Rights to columns go with those to tables. */
async function revokeAll(queries: Queries, role: string | undefined): Promise<void> {
  if (role === undefined) return;
  const owned = await queries.query(
    "select from pg_class where relnamespace = 'pop3svc'::regnamespace and pg_get_userbyid(relowner) = $1 limit 1",
    [role],
  );
  if (owned.length > 0) return;
  for (const objects of ["all tables in schema", "all sequences in schema", "schema"]) {
    await queries.query(`revoke all on ${objects} pop3svc from ${quoted(role)}`);
  }
}

async function grant(
  queries: Queries,
  rights: readonly string[],
  role: string | undefined,
): Promise<void> {
  if (role === undefined) return;
  for (const right of rights) await queries.query(`grant ${right} to ${quoted(role)}`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
