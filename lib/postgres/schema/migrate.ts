/** Makes the tables of this package, or brings them to the newest version. */
import version1 from "./1.sql" with { type: "text" };
import { type PostgresDatabase, queriesOf } from "../postgres_database.ts";

const VERSIONS: readonly string[] = [version1];

/** The version of the tables that this package needs. */
export const SCHEMA_VERSION: number = VERSIONS.length;

/** Who may do what. */
export interface MigrateOptions {
  /** The role of pop3svc: it may log users in, read and delete mail. It gets no right to change tables. */
  readonly serverRole?: string;
  /** The role of what delivers mail; it may be the same. It may add mailboxes and messages. */
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
  "select on pop3svc.version, pop3svc.account, pop3svc.message, pop3svc.chunk",
  "select, insert on pop3svc.mailbox",
  "update (version) on pop3svc.mailbox",
  "insert on pop3svc.message, pop3svc.chunk",
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
      await grant(queries, SERVER_RIGHTS, serverRole);
      await grant(queries, DELIVERY_RIGHTS, deliveryRole);
      await queries.query("commit");
      return { from, to: SCHEMA_VERSION };
    } catch (error) {
      await queries.query("rollback").catch(() => {});
      throw error;
    }
  });
}

async function grant(
  queries: { query(text: string): Promise<unknown> },
  rights: readonly string[],
  role: string | undefined,
): Promise<void> {
  if (role === undefined) return;
  for (const right of rights) {
    await queries.query(`grant ${right} to "${role.replaceAll('"', '""')}"`);
  }
}

/**
 * Whether the tables have the version that this package needs.
 *
 * @throws {Error} that says which version they have
 */
export async function checkSchema(database: PostgresDatabase): Promise<void> {
  const [row] = await queriesOf(database).query(
    "schema",
    "select to_regclass('pop3svc.version') is not null",
  );
  const [version] = row?.[0] === "t"
    ? await queriesOf(database).query("schema", "select max(number) from pop3svc.version")
    : [];
  const found = Number(version?.[0] ?? 0);
  if (found === SCHEMA_VERSION) return;
  throw new Error(
    found === 0
      ? "the database has no tables of pop3svc yet: migrate it"
      : `the tables have version ${found}, and this package needs ${SCHEMA_VERSION}`,
  );
}
