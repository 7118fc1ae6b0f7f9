/** What a check asks a database: the rights of the role, and what can be known of the accounts. It changes nothing. */
import { parsePasswordHash } from "../auth/passwords/parse_password_hash.ts";
import { lookAtGivenOrNull } from "../files/look.ts";
import type { TextRow } from "./client/connection.ts";
import { type PostgresDatabase, queriesOf } from "./postgres_database.ts";
import { namedMailbox } from "./sql_accounts.ts";

/** What the role of a database may do. */
export interface RoleSurvey {
  /** Its name. */
  readonly role: string;
  /** Whether it may do everything. */
  readonly isSuperuser: boolean;
  /** Whether it may change the tables of the package. */
  readonly ownsTables: boolean;
  /** Rights that the server needs and the role does not have: `delete on pop3svc.message`. */
  readonly missing: readonly string[];
  /** Rights that the server does not need. */
  readonly excess: readonly string[];
}

/** What is known of all accounts. */
export interface AccountsSurvey {
  /** How many there are. */
  readonly users: number;
  /** Those that no password lets in. */
  readonly locked: number;
  /** Accounts whose password cannot be checked, or whose mailbox is no path, each with the reason. */
  readonly bad: readonly { readonly account: string; readonly reason: string }[];
  /** The paths of mailboxes that are not there; empty for mail in the database. */
  readonly withoutMailbox: readonly string[];
}

const NEEDED: Readonly<Record<string, string>> = {
  version: "select",
  mailbox: "select",
  account: "select",
  chunk: "select",
  message: "select delete",
  lease: "select insert update delete",
  deletion: "select insert update delete",
  strike: "select insert delete",
};

/** What would let a stranger who has taken over the server read and write more than mail. */
const NOT_NEEDED: Readonly<Record<string, string>> = {
  version: "insert update delete",
  account: "insert update delete",
  mailbox: "insert delete",
  message: "insert update",
  chunk: "insert update delete",
};

/** The most accounts that are looked at. */
const MOST_ACCOUNTS = 10_000;

/** Whether the role is a superuser, for a database without the tables of this package. */
export async function surveyRole(
  database: PostgresDatabase,
): Promise<Pick<RoleSurvey, "role" | "isSuperuser">> {
  const [row = []] = await queriesOf(database).query(
    "check",
    "select current_user::text, rolsuper from pg_roles where rolname = current_user",
  );
  return { role: row[0] ?? "", isSuperuser: row[1] === "t" };
}

/** The rights of the role in the tables of this package, which must be there. */
export async function surveyRights(database: PostgresDatabase): Promise<RoleSurvey> {
  const { role, isSuperuser } = await surveyRole(database);
  const held = async (rights: Readonly<Record<string, string>>, isHeld: boolean) => {
    const pairs = Object.entries(rights).flatMap(([table, names]) =>
      names.split(" ").map((name) => [`pop3svc.${table}`, name] as const)
    );
    const rows = await queriesOf(database).query(
      "check",
      `select name || ' on ' || object from unnest($1::text[], $2::text[]) as given (object, name)
        where has_table_privilege(object, name) = $3`,
      [pairs.map(([object]) => object), pairs.map(([, name]) => name), isHeld],
    );
    return rows.map(([right]) => right ?? "");
  };
  const [row = []] = await queriesOf(database).query(
    "check",
    `select has_column_privilege('pop3svc.mailbox', 'version', 'update'),
      has_schema_privilege('pop3svc', 'create') or exists (
        select from pg_class where relnamespace = 'pop3svc'::regnamespace and pg_has_role(relowner, 'usage'))`,
  );
  return {
    role,
    isSuperuser,
    ownsTables: row[1] === "t",
    missing: [
      ...await held(NEEDED, false),
      ...(row[0] === "t" ? [] : ["update (version) on pop3svc.mailbox"]),
    ],
    excess: await held(NOT_NEEDED, true),
  };
}

/** The accounts of the table `pop3svc.account`. */
export async function surveyAccounts(database: PostgresDatabase): Promise<AccountsSurvey> {
  const rows = await queriesOf(database).query(
    "check",
    `select password, mailbox, name from pop3svc.account order by name limit ${MOST_ACCOUNTS}`,
  );
  return surveyOf(rows, () => null);
}

/**
 * The accounts that a query finds. All of them are found where it compares a column with `$1`: the same query without
 * that comparison is asked in a transaction that may only read.
 *
 * @returns null where the accounts cannot be listed
 */
export async function surveyQuery(
  database: PostgresDatabase,
  query: string,
  mailRoot: string | null,
): Promise<AccountsSurvey | null> {
  const text = query.trim().replace(/;$/, "");
  const all = text.replace(/(?<![\w.")])([\w."]+)\s*=\s*\$1(?!\d)/, "$1 is not null");
  if (all === text || all.includes("$1")) return null;
  try {
    const rows = await queriesOf(database).run("check", async (queries) => {
      await queries.query("begin read only");
      try {
        return await queries.query(
          `select account.password::text, account.mailbox::text from (${all}\n) as account limit ${MOST_ACCOUNTS}`,
        );
      } finally {
        await queries.query("rollback");
      }
    });
    return surveyOf(rows, (location) => {
      const { path } = namedMailbox(location, mailRoot, { name: "", home: null });
      return lookAtGivenOrNull(path) === null ? path : null;
    });
  } catch {
    // The query is right, or its check has said what is wrong; only this use of it is not possible.
    return null;
  }
}

/** @param missing the path of a mailbox on disk that is not there; null for one that is */
function surveyOf(
  rows: readonly TextRow[],
  missing: (location: string) => string | null,
): AccountsSurvey {
  let locked = 0;
  const bad: { account: string; reason: string }[] = [];
  const withoutMailbox: string[] = [];
  for (const [password = null, mailbox = null, name = null] of rows) {
    try {
      if (parsePasswordHash(password ?? "", name ?? "").type === "locked") {
        locked++;
        continue;
      }
      // The name of the user is not known here.
      const path = mailbox === null || mailbox.includes("%") ? null : missing(mailbox);
      if (path !== null) withoutMailbox.push(path);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      bad.push({ account: name ?? mailbox ?? "", reason: error.message });
    }
  }
  return { users: rows.length, locked, bad, withoutMailbox };
}
