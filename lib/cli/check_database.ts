/** Checks the database of `--postgres`: whether it answers, its tables, the rights of the role, the accounts. */
import type { AccountsSurvey, PostgresDatabase } from "../postgres/mod.ts";
import { counted, type DatabaseReport, type Finding, reasonOf } from "../program.ts";
import { openDatabase, placeText } from "./database_of_options.ts";
import type { ServeOptions } from "./options.ts";

/** @throws {CliError} for a wrong URL */
export async function checkDatabase(options: ServeOptions): Promise<DatabaseReport> {
  const { postgres: url, "accounts-query": query, "mail-root": mailRoot } = options;
  await using database = await openDatabase(url, { connections: 1 });
  const findings: Finding[] = [];
  const survey = query === null
    ? await checkMail(database, findings)
    : await checkQuery(database, query, mailRoot, findings);
  if (survey !== null) findings.push(...findingsOn(survey));
  return {
    type: "database",
    place: placeText(url ?? ""),
    users: survey?.users ?? null,
    locked: survey?.locked ?? null,
    findings,
  };
}

async function checkMail(
  database: PostgresDatabase,
  findings: Finding[],
): Promise<AccountsSurvey | null> {
  if (!await answers(database, findings)) return null;
  const { checkSchema, surveyAccounts, surveyRights } = await import("../postgres/mod.ts");
  const migrate = "pop3svc postgres migrate, with the URL of the owner of the tables";
  if (!await succeeds(() => checkSchema(database), migrate, findings)) return null;
  const { role, isSuperuser, ownsTables, missing, excess } = await surveyRights(database);
  const granted = `${migrate}, and --server-role ${role}`;
  if (missing.length > 0) {
    findings.push(ofServer("fault", `the role ${role} may not ${missing.join(", ")}`, granted));
  }
  const more = isSuperuser
    ? "is a superuser"
    : ownsTables
    ? "may change the tables"
    : excess.length > 0
    ? `may ${excess.join(", ")}`
    : null;
  if (more !== null) {
    findings.push(ofServer(
      "warning",
      `the role ${role} ${more}, which the server does not need`,
      `a role of its own for the server: create role; then ${migrate}, and --server-role`,
    ));
  }
  return missing.length > 0 ? null : await surveyAccounts(database);
}

async function checkQuery(
  database: PostgresDatabase,
  query: string,
  mailRoot: string | null,
  findings: Finding[],
): Promise<AccountsSurvey | null> {
  if (!await answers(database, findings)) return null;
  const { SqlAccounts, surveyQuery, surveyRole } = await import("../postgres/mod.ts");
  await using accounts = new SqlAccounts(database, { query });
  const columns = "--accounts-query: a SELECT of password and mailbox for the name $1";
  const check = () => accounts.check();
  if (!await succeeds(check, columns, findings)) return null;
  const { role, isSuperuser } = await surveyRole(database);
  if (isSuperuser) {
    findings.push(ofServer(
      "warning",
      `the role ${role} is a superuser, which the server does not need`,
      "a role of its own for the server, with grant select on the table of the query",
    ));
  }
  return await surveyQuery(database, query, mailRoot);
}

async function answers(database: PostgresDatabase, findings: Finding[]): Promise<boolean> {
  const error = await database.health();
  if (error === null) return true;
  const remedy = "is it running, is the URL right, and does pg_hba.conf let this machine in?";
  findings.push(ofServer("fault", `the database does not answer: ${reasonOf(error)}`, remedy));
  return false;
}

async function succeeds(
  ask: () => Promise<void>,
  remedy: string,
  findings: Finding[],
): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    findings.push(ofServer("fault", `the database: ${reasonOf(error)}`, remedy));
    return false;
  }
}

function findingsOn({ users, locked, bad, withoutMailbox }: AccountsSurvey): readonly Finding[] {
  const missing = withoutMailbox.length;
  const [first = ""] = withoutMailbox;
  const text = `without a mailbox yet: ${missing} of ${counted(users, "user")}, such as ${first}`;
  return [
    ...(users === 0 ? [ofServer("warning", "there is no account", null)] : []),
    ...bad.map(({ account, reason }): Finding => ({
      severity: "fault",
      concerns: { type: "mailbox", username: account, path: null },
      text: reason,
      remedy: null,
    })),
    ...(missing === 0 ? [] : [
      missing === users - locked
        ? ofServer("fault", `${text}; are the paths right?`, null)
        : ofServer("warning", text, null),
    ]),
  ];
}

function ofServer(
  severity: Finding["severity"],
  text: string,
  remedy: string | null,
): Finding {
  return { severity, concerns: { type: "server" }, text, remedy };
}
