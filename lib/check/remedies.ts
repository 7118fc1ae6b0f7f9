/**
 * What to type where the server's user may not read or write a mailbox. A command must not take the mail of a user of
 * the system away from its user.
 */
import { serverUid } from "../files/server_user.ts";
import { quoted } from "../protocol/quoted.ts";

/** The path of a mailbox, and who owns it. */
export interface OwnedPath {
  readonly path: string;
  /** Null where the check could not find out. */
  readonly uid: number | null;
}

/** @param others who owns the other mailboxes */
export function accessRemedy(
  { path, uid }: OwnedPath,
  others: readonly number[],
  server: number | null = serverUid(),
): string | null {
  if (server === null || uid === null) return null;
  const name = quoted(path);
  if (uid === server) return `chmod -R u+rwX ${name}`;
  const chown = `if all mail is to belong to the server's user: chown -R ${server} ${name}`;
  if (uid === 0 && others.every((other) => other === 0 || other === server)) return chown;
  if (others.length > 0 && others.every((other) => other === server)) return chown;
  return "if its user is a user of the system, the server needs CAP_DAC_OVERRIDE: " +
    "see deploy/systemd/system-users.conf and docs/operations/system-users.md";
}
