/** Finds out which users of a file could log in, what is in their mailboxes, and which lines are wrong. */
import { weakSchemeOf } from "../auth/passwords/password_hash.ts";
import { nameKeysOf } from "../auth/prepared_text.ts";
import { readGivenText } from "../files/read_whole.ts";
import { counted } from "../protocol/counted.ts";
import type { InspectionProgress } from "../mailbox/inspection.ts";
import { UserMailboxes } from "../providers/user_mailboxes.ts";
import type { CheckedUsers } from "../providers/users_file_provider.ts";
import { badLineReason, parseUsersFile, type UserEntry } from "../providers/users_file.ts";
import { reasonOf } from "../telemetry/reason.ts";
import {
  brokenReport,
  emptyReport,
  type MailboxPlace,
  type MailboxReport,
  reportOf,
} from "./check_mailbox.ts";
import type { Finding } from "./finding.ts";

/** A users file to check, and where the mail of its users is. */
export type UsersToCheck = CheckedUsers;

/** What the check of a users file and all its mailboxes has found. */
export interface UsersReport {
  readonly type: "users";
  readonly file: string;
  /** Null where the file could not be read. */
  readonly users: readonly UserReport[] | null;
  /** Findings about the file itself. Each user's report has those about the mailbox. */
  readonly findings: readonly Finding[];
}

/** A user whose line can be used, and their mailbox. */
export interface UserReport extends MailboxReport {
  /** Whether the line has a hash that no password matches. */
  readonly isLocked: boolean;
  /** Whether there is no mailbox yet. */
  readonly isMissing: boolean;
}

/** Looks at every message of every user. */
export async function checkUsers(
  subject: UsersToCheck,
  progress: InspectionProgress = () => {},
): Promise<UsersReport> {
  const { file, mailRoot, usernameCase, options } = subject;
  const finding = findingsOn(file);
  let text: string;
  try {
    text = readGivenText(file);
  } catch (error) {
    return { type: "users", file, users: null, findings: [finding("fault", reasonOf(error))] };
  }
  const keyOf = await nameKeysOf(usernameCase, text);
  const { users, badLines } = parseUsersFile(text, keyOf, subject);
  const entries = [...users.values()];
  const mailboxes = new UserMailboxes(mailRoot, options);
  const reports: UserReport[] = [];
  for (const user of entries) {
    const report = await checkMailboxOf(user, mailboxes);
    reports.push({ ...report, isLocked: user.hash.type === "locked" });
    progress(reports.length, users.size);
  }
  const findings = [
    ...badLines.map((bad) => finding("fault", badLineReason(bad), bad.line)),
    ...(entries.length === 0 ? [finding("fault", "it names no user")] : []),
    ...missingMailboxes(reports, finding),
    ...countedUsers(
      entries.map(({ hash }) => weakSchemeOf(hash)),
      (scheme, who) =>
        finding(
          "warning",
          `the scheme ${scheme} of ${who} is weak: whoever steals the file can guess the passwords`,
        ),
    ),
    ...countedUsers(
      entries.flatMap(({ unusedFields }) => unusedFields),
      (field, who) => finding("warning", `the field ${field} of ${who} changes nothing for POP3`),
    ),
  ];
  return { type: "users", file, users: reports, findings };
}

type MakeFinding = (
  severity: Finding["severity"],
  text: string,
  line?: number,
) => Finding;

function findingsOn(path: string): MakeFinding {
  return (severity, text, line) => ({
    severity,
    concerns: { type: "users-file", path, line: line ?? null },
    text,
    remedy: null,
  });
}

/** How many mailboxes are not there yet: if all are not, their place is probably wrong. Locked users do not count. */
function missingMailboxes(reports: readonly UserReport[], finding: MakeFinding): Finding[] {
  const users = reports.filter(({ isLocked }) => !isLocked);
  const missing = users.filter(({ isMissing }) => isMissing).length;
  if (missing === 0) return [];
  const text = `without a mailbox yet: ${missing} of ${counted(users.length, "user")}`;
  return [
    missing === users.length
      ? finding("fault", `${text}; are the paths of the mailboxes right?`)
      : finding("warning", text),
  ];
}

/** One finding for each text that is not null, with the number of its users. */
function countedUsers(
  texts: readonly (string | null)[],
  findingOf: (text: string, who: string) => Finding,
): Finding[] {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => findingOf(text, counted(count, "user")));
}

async function checkMailboxOf(
  user: UserEntry,
  mailboxes: UserMailboxes,
): Promise<Omit<UserReport, "isLocked">> {
  let place: MailboxPlace = { username: user.name, path: null, format: null };
  const warning = (text: string): Finding => ({
    severity: "warning",
    concerns: { type: "mailbox", username: user.name, path: place.path },
    text,
    remedy: null,
  });
  try {
    place = { ...place, path: await mailboxes.pathOf(user) };
    place = { ...place, ...await mailboxes.placeOf(user) };
    const inspection = await mailboxes.inspect(user);
    if (inspection === null) {
      const isLocked = user.hash.type === "locked";
      const text = `there is no mailbox yet: ${mailboxes.expectedPath(user)}`;
      const findings = isLocked ? [] : [warning(text)];
      return { ...emptyReport(place), isMissing: true, findings };
    }
    const report = reportOf(place, inspection);
    const other = await mailboxes.otherMailOf(user);
    const others = other === null
      ? []
      : [warning(`there is mail in ${other}, too; only ${place.path} is served`)];
    return { ...report, isMissing: false, findings: [...report.findings, ...others] };
  } catch (error) {
    return { ...brokenReport(place, error), isMissing: false };
  }
}
