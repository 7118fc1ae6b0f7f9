/**
 * Accounts and mail in PostgreSQL, for one pop3svc or many that share a database. `docs/cluster.md` shows how.
 *
 * {@linkcode SqlAccounts} takes accounts from a query, with mail in Maildirs.
 *
 * @module
 */
export {
  PostgresDatabase,
  type PostgresDatabaseOptions,
  type PostgresStatus,
} from "./postgres_database.ts";
export { SqlAccounts, type SqlAccountsOptions } from "./sql_accounts.ts";
