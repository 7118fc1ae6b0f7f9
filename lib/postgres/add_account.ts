/** Adds a row to the table of accounts. */
import { parsePasswordHash } from "../auth/passwords/parse_password_hash.ts";
import { nameKeysOf, type UsernameCase } from "../auth/prepared_text.ts";
import { sqlStateOf } from "./client/connection.ts";
import { type PostgresDatabase, queriesOf } from "./postgres_database.ts";
import { ensureSchema } from "./schema/schema_version.ts";

/** The name is taken. */
export class AccountExistsError extends Error {
  /** Always `AccountExistsError`. */
  override readonly name: string = "AccountExistsError";
}

const UNIQUE_VIOLATION = "23505";

/**
 * Adds an account to the table `pop3svc.account`, with a mailbox of the same name.
 *
 * @param hash as in a users file: `{ARGON2ID}…`
 * @throws {SyntaxError} for a hash that cannot be checked
 * @throws {AccountExistsError} when the name is taken
 */
export async function addAccount(
  database: PostgresDatabase,
  username: string,
  hash: string,
  { usernameCase = "lower" }: { readonly usernameCase?: UsernameCase } = {},
): Promise<void> {
  parsePasswordHash(hash);
  await ensureSchema(database);
  const name = (await nameKeysOf(usernameCase, username))(username);
  try {
    await queriesOf(database).query(
      "add-account",
      "insert into pop3svc.account (name, password, mailbox) values ($1, $2, $1)",
      [name, hash],
    );
  } catch (cause) {
    if (sqlStateOf(cause) !== UNIQUE_VIOLATION) throw cause;
    throw new AccountExistsError("there is a user with this name", { cause });
  }
}
