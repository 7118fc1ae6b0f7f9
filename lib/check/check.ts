/** The check that the library exports: what `pop3svc check` says of mail, as values. */
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { SingleUserProvider, userOf } from "../providers/single_user_provider.ts";
import { checkedUsersOf, UsersFileProvider } from "../providers/users_file_provider.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import type { Finding } from "./finding.ts";

/** What a check needs besides the mailbox or the provider. */
export interface CheckOptions {
  /** The user whose mailbox is checked. Needed for a provider of your own. */
  readonly username?: string;
  /** The password of this user. */
  readonly password?: string;
  /** Called as messages are read: how many of how many. */
  readonly onProgress?: (done: number, all: number) => void;
  /** The clock behind the limit of half a minute for each operation; tests pass one that they move themselves. */
  readonly clock?: Clock;
}

/**
 * Looks for whatever would keep a client from its mail. Nothing is deleted or changed.
 *
 * - A mailbox of your own: every message is listed, sized and read as a session would do it. Its unique ids must keep
 *   RFC 1939 section 7, and the sizes must be what was read.
 * - A mailbox of this package, and a `UsersFileProvider` with all its users: what `pop3svc check` says.
 * - Any other provider: logs in as the user that the options name, and checks the mailbox.
 *
 * @returns what was found; empty where all is well
 * @throws {TypeError} for a provider of your own without a username
 *
 * @example
 * ```ts
 * import { check, MemoryMailbox } from "@pop3svc/pop3svc";
 *
 * const mailbox = new MemoryMailbox({ first: "Subject: Hello\r\n\r\nWorld\r\n" });
 * for (const { severity, text, remedy } of await check(mailbox)) {
 *   console.error(`${severity}: ${text} (${remedy})`);
 * }
 * ```
 */
export async function check(
  subject: Mailbox | MailboxProvider,
  options: CheckOptions = {},
): Promise<readonly Finding[]> {
  if (subject instanceof UsersFileProvider) {
    const { checkUsers } = await import("./check_users.ts");
    const { findings, users } = await checkUsers(checkedUsersOf(subject));
    return [...findings, ...(users ?? []).flatMap((user) => user.findings)];
  }
  const { checkLogin, checkGivenMailbox } = await import("./check_given.ts");
  const { onProgress = () => {}, clock = systemClock, username, password = "" } = options;
  const means = { onProgress, clock };
  if (!("authenticate" in subject)) {
    return await checkGivenMailbox(subject, username ?? null, means);
  }
  if (subject instanceof SingleUserProvider) {
    return await checkLogin(subject, userOf(subject), means);
  }
  if (username === undefined) {
    throw new TypeError(
      "username: give the user, and the password, whose mailbox is to be checked",
    );
  }
  return await checkLogin(subject, { username, password }, means);
}
