/** Finds out which users of a file could log in, what is in their mailboxes, and which lines are wrong. */
import { weakSchemeOf } from "../auth/passwords/password_hash.ts";
import { nameKeysOf } from "../auth/prepared_text.ts";
import { readGivenText } from "../files/read_whole.ts";
import { serverUid } from "../files/server_user.ts";
import { counted } from "../protocol/counted.ts";
import type { InspectionProgress } from "../mailbox/inspection.ts";
import { UserMailboxes } from "../providers/user_mailboxes.ts";
import type { CheckedUsers } from "../providers/checked_users.ts";
import { badLineReason, parseUsersFile, type UserEntry } from "../providers/users_file.ts";
import { reasonOf } from "../telemetry/reason.ts";
import {
  brokenReport,
  emptyReport,
  type MailboxPlace,
  type MailboxReport,
  reportOf,
} from "./check_mailbox.ts";
import { blockedFindings } from "./blocked.ts";
import { maildirInside } from "./check_folder.ts";
import { rootFault, strayFolders } from "./check_mail_root.ts";
import type { Finding } from "./finding.ts";

/** A users file to check, and where the mail of its users is. */
export interface UsersToCheck extends CheckedUsers {
  /** What is wrong with the state directory; null where nothing is. */
  readonly stateTrouble?: StateTrouble | null;
}

interface StateTrouble {
  readonly reason: string;
  readonly remedy: string | null;
}

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
  /** Where the mailbox will be, if it is missing. */
  readonly expected?: string | null;
  /** Whether it is refused since it belongs to another user than the server's, and there is no state directory. */
  readonly needsState?: boolean;
}

/** Looks at every message of every user. */
export async function checkUsers(
  subject: UsersToCheck,
  progress: InspectionProgress = () => {},
): Promise<UsersReport> {
  const { file, mailRoot, usernameCase, options } = subject;
  const finding = findingsOn(file);
  const ofRoot = mailRoot === null ? null : rootFault(mailRoot);
  let text: string;
  try {
    text = readGivenText(file);
  } catch (error) {
    return {
      type: "users",
      file,
      users: null,
      findings: [finding("fault", reasonOf(error)), ...(ofRoot === null ? [] : [ofRoot])],
    };
  }
  const keyOf = await nameKeysOf(usernameCase, text);
  const { users, badLines } = parseUsersFile(text, keyOf, subject);
  const entries = [...users.values()];
  const mailboxes = new UserMailboxes(mailRoot, options);
  const found: UserReport[] = [];
  for (const user of entries) {
    // What is wrong with the folder of all mailboxes is told once.
    const isBelow = user.mailbox === null && user.home === null && user.rootPath !== null;
    const report = ofRoot !== null && isBelow
      ? { ...emptyReport({ username: user.name, path: null, format: null }), isMissing: false }
      : await checkMailboxOf(user, mailboxes, subject);
    found.push({ ...report, isLocked: user.hash.type === "locked" });
    progress(found.length, users.size);
  }
  const denied = found.filter(({ isDenied }) => isDenied);
  const reports = found.map((report) => report.isDenied ? { ...report, findings: [] } : report);
  const badNames = badLines.flatMap(({ user }) => user ?? []);
  const findings = [
    ...badLines.map((bad): Finding => ({
      ...finding("fault", badLineReason(bad), bad.line),
      concerns: { type: "users-file", path: file, line: bad.line, username: bad.user },
    })),
    ...(entries.length === 0 ? [finding("fault", "it names no user")] : []),
    ...(ofRoot === null ? missingMailboxes(reports, finding) : [ofRoot]),
    ...blockedFindings("read", denied, found, mailRoot),
    ...stateFindings(subject, reports),
    ...(mailRoot === null || ofRoot !== null ? [] : strayFolders(mailRoot, entries, badNames)),
    ...weakSchemes(entries, finding),
    ...countedUsers(
      entries.flatMap(({ unusedFields }) => unusedFields),
      (field, who) => finding("warning", `the field ${field} of ${who} changes nothing for POP3`),
    ),
  ];
  return { type: "users", file, users: reports, findings };
}

/** One finding for the directory, not one for each user whose mailbox needs it. */
function stateFindings(
  { stateTrouble = null, options }: UsersToCheck,
  reports: readonly UserReport[],
): Finding[] {
  const refused = reports.filter(({ needsState }) => needsState === true).length;
  const trouble = stateTrouble ??
    (refused > 0 && (options.stateDirectory ?? null) === null
      ? { reason: "there is no state directory", remedy: null }
      : null);
  if (trouble === null) return [];
  const text = refused === 0
    ? trouble.reason
    : `${trouble.reason}: ${counted(refused, "user")} cannot log in, since the mailbox ` +
      "belongs to another user than the server's own";
  const severity = refused > 0 ? "fault" : "warning";
  return [{ severity, concerns: { type: "server" }, text, remedy: trouble.remedy }];
}

/** All weak schemes in one finding. */
function weakSchemes(entries: readonly UserEntry[], finding: MakeFinding): Finding[] {
  const weak = entries.flatMap(({ hash }) => weakSchemeOf(hash) ?? []);
  if (weak.length === 0) return [];
  const counts = [...Map.groupBy(weak, (scheme) => scheme)]
    .map(([scheme, all]) => `${scheme} (${counted(all.length, "user")})`);
  const schemes = counts.length === 1 ? "a weak scheme" : "weak schemes";
  const text = `${schemes}, with which whoever steals the file can guess the passwords: `;
  return [finding("warning", `${text}${counts.join(", ")}`)];
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
  const missing = users.filter(({ isMissing }) => isMissing);
  const [first] = missing;
  if (first === undefined) return [];
  const text = `without a mailbox yet: ${missing.length} of ${counted(users.length, "user")}, ` +
    `such as ${JSON.stringify(first.username)}: ${first.expected ?? "no path"}`;
  return [
    missing.length === users.length
      ? finding("fault", `${text}; are the paths of the mailboxes right?`)
      : finding("warning", text),
  ];
}

/** One finding for each text, with the number of its users. */
function countedUsers(
  texts: readonly string[],
  findingOf: (text: string, who: string) => Finding,
): Finding[] {
  return [...Map.groupBy(texts, (text) => text)]
    .map(([text, all]) => findingOf(text, counted(all.length, "user")));
}

async function checkMailboxOf(
  user: UserEntry,
  mailboxes: UserMailboxes,
  { options }: UsersToCheck,
): Promise<Omit<UserReport, "isLocked">> {
  let place: MailboxPlace = { username: user.name, path: null, format: null };
  const found = (severity: Finding["severity"], text: string): Finding => ({
    severity,
    concerns: { type: "mailbox", username: user.name, path: place.path },
    text,
    remedy: null,
  });
  try {
    place = { ...place, path: await mailboxes.pathOf(user) };
    place = { ...place, ...await mailboxes.placeOf(user) };
    const inspection = await mailboxes.inspect(user);
    if (inspection === null) {
      return { ...emptyReport(place), isMissing: true, expected: mailboxes.expectedPath(user) };
    }
    const report = reportOf(place, inspection);
    const other = await mailboxes.otherMailOf(user);
    const others = other === null
      ? []
      : [found("warning", `there is mail in ${other}, too; only ${place.path} is served`)];
    const inner = place.format === "folder" && place.path !== null
      ? maildirInside(place.path)
      : null;
    const inside = inner === null || inspection.messages > 0 ? [] : [
      found(
        "fault",
        `${place.path} is served as an empty folder, but holds the Maildir ${inner}: name that one`,
      ),
    ];
    const findings = [...report.findings, ...others, ...inside];
    return { ...report, isMissing: false, findings };
  } catch (error) {
    const report = brokenReport(place, error);
    const needsState = !report.isDenied && (options.stateDirectory ?? null) === null &&
      report.owner !== null && report.owner.uid !== serverUid();
    return {
      ...report,
      isMissing: false,
      needsState,
      findings: needsState ? [] : report.findings,
    };
  }
}
