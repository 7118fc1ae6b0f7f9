/**
 * A quick look, before the server begins to serve, at mailboxes that belong to other users than its own: a wrong owner
 * hides all mail in one, and the administrator should see that on the first day. `check` looks at all of them.
 */
import type { Clock } from "../time/clock.ts";
import type { UserMailboxes } from "./user_mailboxes.ts";
import type { UserEntry } from "./users_file.ts";

/** A huge mailbox takes longer to count: nobody waits for it. */
const LONGEST_MS = 200;
const MOST_FAULTY = 3;

/** What is left out, as far as it was found in a fifth of a second, or until it was found in three mailboxes. */
export async function leftOutOfOthers(
  users: Iterable<UserEntry>,
  mailboxes: Pick<UserMailboxes, "isOfOthers" | "leftOut">,
  clock: Clock,
): Promise<readonly string[]> {
  const found: string[] = [];
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  using _timer = clock.after(LONGEST_MS, resolve);
  const until = clock.now() + LONGEST_MS;
  const survey = async () => {
    for (const user of users) {
      if (found.length >= MOST_FAULTY || clock.now() > until) break;
      if (!await mailboxes.isOfOthers(user)) continue;
      // A mailbox that cannot be opened is reported at its login.
      found.push(...await mailboxes.leftOut(user).catch(() => []));
    }
  };
  await Promise.race([survey(), isOver]);
  return [...found];
}
