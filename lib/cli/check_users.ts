/** `pop3svc check --users`: who could log in, and which lines are wrong. No secret is shown. */
import { nameKeysOf, type UsernameCase } from "../auth/prepared_text.ts";
import { UserMailboxes } from "../auth/user_mailboxes.ts";
import { parseUsersFile, type UserEntry } from "../auth/users_file.ts";
import { printable } from "../telemetry/printable.ts";
import { readGivenText } from "../files/read_whole.ts";
import { CliError, reasonOf } from "./cli_error.ts";

/**
 * @returns the folder of mailboxes, if there is one
 * @throws {CliError} when somebody is locked out by it
 */
export async function checkUsers(
  file: string,
  mailRoot: string | null,
  usernameCase: UsernameCase,
): Promise<string[]> {
  const text = read(file);
  const { users, badLines } = parseUsersFile(text, await nameKeysOf(usernameCase, text));
  const mailboxes = new UserMailboxes(mailRoot, {});
  const locked = [...users.values()].filter(({ hash }) => hash.type === "locked");
  const wrong = badLines.map(({ line, reason }) => `line ${line}: ${reason}`);
  for (const user of users.values()) {
    const fault = await faultOf(user, mailboxes);
    if (fault !== null) wrong.push(`user ${JSON.stringify(user.name)}: ${fault}`);
  }
  console.log(`users file: ${file}
users: ${users.size}
locked: ${locked.length}
wrong: ${[wrong.length, ...wrong.map(printable)].join("\n  ")}`);
  if (wrong.length > 0) {
    const who = wrong.length === 1 ? "1 user is" : `${wrong.length} users are`;
    throw CliError.environment(`--users ${file}: ${who} locked out`);
  }
  return mailRoot === null ? [] : [mailRoot];
}

async function faultOf(user: UserEntry, mailboxes: UserMailboxes): Promise<string | null> {
  try {
    await mailboxes.open(user);
    return null;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return reasonOf(cause);
  }
}

function read(file: string): string {
  try {
    return readGivenText(file);
  } catch (error) {
    throw CliError.environment(`--users ${file}: ${reasonOf(error)}`, error);
  }
}
