/** Says that a check by root proves little, and how the service's user runs it. Root may read and write everything. */
import type { MailboxReport, Owner } from "./check_mailbox.ts";
import type { UsersReport } from "./check_users.ts";
import type { DatabaseReport } from "./database_report.ts";
import type { Finding } from "./finding.ts";

/**
 * @param command the command of this check
 * @param needsLowPort whether a port is below 1024, which a user may open only with a capability
 * @param user the uid of the process; null where there is none (Windows)
 */
export function checkProof(
  mail: MailboxReport | UsersReport | DatabaseReport,
  command: string,
  needsLowPort: boolean,
  user: number | null,
): readonly Finding[] {
  if (user !== 0) return [];
  const owner = onlyOwner(mail);
  const [uid, gid] = owner === null ? ["NAME", "NAME"] : [owner.uid, owner.gid];
  const capability = needsLowPort
    ? "--inh-caps=+net_bind_service --ambient-caps=+net_bind_service "
    : "";
  const line = `setpriv --reuid=${uid} --regid=${gid} --init-groups ${capability}${command}`;
  return [{
    severity: "warning",
    concerns: { type: "server" },
    text: "root runs this check and may read everything: that proves little about the server, " +
      "which should run as a user of its own",
    remedy: owner === null ? `with the server's user as NAME: ${line}` : line,
  }];
}

/** The user that the server has: that of this process, or for a check by root, who owns all mailboxes. */
export function serverOf(
  mail: MailboxReport | UsersReport | DatabaseReport,
  user: number | null,
): number | "unknown" | null {
  return user === 0 ? onlyOwner(mail)?.uid ?? "unknown" : user;
}

/** Who owns all mailboxes; null where they belong to root or to several users. */
function onlyOwner(mail: MailboxReport | UsersReport | DatabaseReport): Owner | null {
  if (mail.type === "database") return null;
  const mailboxes = mail.type === "mailbox" ? [mail] : mail.users ?? [];
  const owners = mailboxes.flatMap(({ owner }) => owner ?? []);
  const [first] = owners;
  if (first === undefined || first.uid === 0) return null;
  return owners.every(({ uid }) => uid === first.uid) ? first : null;
}
