/** The version of the tables: which one this package needs, and whether a database has it. */
import { sqlStateOf } from "../client/connection.ts";
import { type PostgresDatabase, queriesOf } from "../postgres_database.ts";

/** The version of the tables that this package needs. */
export const SCHEMA_VERSION: number = 1;

/** The tables are not there, or have another version than this package needs. */
export class SchemaVersionError extends Error {
  /** Always `SchemaVersionError`. */
  override readonly name: string = "SchemaVersionError";
}

/** SQLSTATEs of a table, and of a schema, that is not there. */
const MISSING: ReadonlySet<string | null> = new Set(["42P01", "3F000"]);

/**
 * Whether the tables have the version that this package needs.
 *
 * @throws {SchemaVersionError} that says which version they have
 */
export async function checkSchema(database: PostgresDatabase): Promise<void> {
  const found = await versionOf(database);
  if (found === SCHEMA_VERSION) return;
  throw new SchemaVersionError(
    found === 0
      ? "the database has no tables of pop3svc yet: migrate it"
      : `the tables have version ${found}, and this package needs ${SCHEMA_VERSION}`,
  );
}

const seen = new WeakSet<PostgresDatabase>();

/**
 * The same, until it has been right once: while an upgrade goes on, servers that run already go on.
 *
 * @throws {SchemaVersionError} that says which version they have
 */
export async function ensureSchema(database: PostgresDatabase): Promise<void> {
  if (seen.has(database)) return;
  await checkSchema(database);
  seen.add(database);
}

async function versionOf(database: PostgresDatabase): Promise<number> {
  try {
    const text = "select max(number) from pop3svc.version";
    const [row] = await queriesOf(database).query("schema", text);
    return Number(row?.[0] ?? 0);
  } catch (error) {
    if (MISSING.has(sqlStateOf(error))) return 0;
    throw error;
  }
}
