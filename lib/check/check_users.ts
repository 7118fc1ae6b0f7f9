/** Finds out which users of a file could log in, what is in their mailboxes, and which lines are wrong. */
import { nameKeysOf } from "../auth/prepared_text.ts";
import { readGivenText } from "../files/read_whole.ts";
import { UserMailboxes } from "../providers/user_mailboxes.ts";
import type { CheckedUsers } from "../providers/users_file_provider.ts";
import { parseUsersFile, type UserEntry } from "../providers/users_file.ts";
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
}

/** Looks at every message of every user. */
export async function checkUsers(
  { file, mailRoot, usernameCase, options }: UsersToCheck,
): Promise<UsersReport> {
  const finding = (line: number | null, text: string): Finding => ({
    severity: "fault",
    concerns: { type: "users-file", path: file, line },
    text,
    remedy: null,
  });
  let text: string;
  try {
    text = readGivenText(file);
  } catch (error) {
    return { type: "users", file, users: null, findings: [finding(null, reasonOf(error))] };
  }
  const { users, badLines } = parseUsersFile(text, await nameKeysOf(usernameCase, text));
  const mailboxes = new UserMailboxes(mailRoot, options);
  const reports: UserReport[] = [];
  for (const user of users.values()) {
    const report = await checkMailboxOf(user, mailboxes);
    reports.push({ ...report, isLocked: user.hash.type === "locked" });
  }
  const findings = badLines.map(({ line, reason }) => finding(line, reason));
  return { type: "users", file, users: reports, findings };
}

async function checkMailboxOf(user: UserEntry, mailboxes: UserMailboxes): Promise<MailboxReport> {
  let place: MailboxPlace = { username: user.name, path: null, format: null };
  try {
    place = { ...place, ...mailboxes.placeOf(user) };
    const inspection = await mailboxes.inspect(user);
    return inspection === null ? emptyReport(place) : reportOf(place, inspection);
  } catch (error) {
    return brokenReport(place, error);
  }
}
