/** `pop3svc check --users`: who could log in, and which lines are wrong. No secret is shown. */
import { nameKeysOf, type UsernameCase } from "../auth/prepared_text.ts";
import { UserMailboxes } from "../providers/user_mailboxes.ts";
import { parseUsersFile, type UserEntry } from "../providers/users_file.ts";
import type { Inspection } from "../mailbox/inspection.ts";
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox_options.ts";
import { counted } from "../protocol/counted.ts";
import { printable } from "../telemetry/printable.ts";
import { readGivenText } from "../files/read_whole.ts";
import { reasonOf } from "../telemetry/reason.ts";
import { CliError } from "./cli_error.ts";

/**
 * @returns the folder of mailboxes, if there is one
 * @throws {CliError} when somebody is locked out by it
 */
export async function checkUsers(
  file: string,
  mailRoot: string | null,
  usernameCase: UsernameCase,
  mailbox: FileMailboxOptions,
): Promise<string[]> {
  const text = read(file);
  const { users, badLines } = parseUsersFile(text, await nameKeysOf(usernameCase, text));
  const mailboxes = new UserMailboxes(mailRoot, mailbox);
  const locked = [...users.values()].filter(({ hash }) => hash.type === "locked");
  const wrong = badLines.map(({ line, reason }) => `line ${line}: ${reason}`);
  const doubts: string[] = [];
  for (const user of users.values()) {
    const found = await inspected(user, mailboxes);
    const told = (text: string) => `user ${JSON.stringify(user.name)}: ${text}`;
    wrong.push(...found.faults.map(told));
    doubts.push(...found.warnings.map(told));
  }
  console.log(`users file: ${file}
users: ${users.size}
locked: ${locked.length}
wrong: ${[wrong.length, ...wrong.map(printable)].join("\n  ")}`);
  if (doubts.length > 0) {
    console.log(`doubtful: ${[doubts.length, ...doubts.map(printable)].join("\n  ")}`);
  }
  if (wrong.length > 0) {
    throw CliError.environment(
      `--users ${file}: ${counted(wrong.length, "fault")} by which users get no mail, or not all`,
    );
  }
  return mailRoot === null ? [] : [mailRoot];
}

async function inspected(
  user: UserEntry,
  mailboxes: UserMailboxes,
): Promise<Pick<Inspection, "faults" | "warnings">> {
  try {
    return await mailboxes.inspect(user) ?? { faults: [], warnings: [] };
  } catch (error) {
    return { faults: [reasonOf(error)], warnings: [] };
  }
}

function read(file: string): string {
  try {
    return readGivenText(file);
  } catch (error) {
    throw CliError.environment(`--users ${file}: ${reasonOf(error)}`, error);
  }
}
