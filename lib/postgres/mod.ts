/**
 * Accounts and mail in PostgreSQL, for one pop3svc or many that share a database. `docs/cluster.md` shows how.
 *
 * {@linkcode SqlAccounts} takes accounts from a query, with mail in Maildirs; {@linkcode PostgresProvider} has the mail in
 * the database, too. {@linkcode migrate} makes the tables, {@linkcode deliver} and {@linkcode importMailbox} put mail in.
 *
 * @module
 */
export {
  PostgresDatabase,
  type PostgresDatabaseOptions,
  type PostgresStatus,
} from "./postgres_database.ts";
export { SqlAccounts, type SqlAccountsOptions } from "./sql_accounts.ts";
export { PostgresProvider, type PostgresProviderOptions } from "./postgres_provider.ts";
export { migrate, type MigrateOptions } from "./schema/migrate.ts";
export { checkSchema, SCHEMA_VERSION, SchemaVersionError } from "./schema/schema_version.ts";
export { AccountExistsError, addAccount } from "./add_account.ts";
export { deliver, type Delivered, type DeliverOptions, NoSuchUserError } from "./mail/deliver.ts";
export { type Imported, importMailbox, type ImportOptions } from "./mail/import_mailbox.ts";
export { PostgresBanEngine } from "./postgres_ban_engine.ts";
export {
  type AccountsSurvey,
  type RoleSurvey,
  surveyAccounts,
  surveyQuery,
  surveyRights,
  surveyRole,
} from "./survey.ts";
