/**
 * What is said about mailboxes that the server's user may not read, or in which it may not delete: one finding for the
 * folder of mailboxes where they and the folder belong to the same other user, else one for each mailbox.
 */
import { userName } from "../files/accounts.ts";
import { lookAtGivenOrNull } from "../files/look.ts";
import { serverUid } from "../files/server_user.ts";
import type { MailboxReport } from "./check_mailbox.ts";
import { quoted } from "../protocol/quoted.ts";
import type { Finding } from "./finding.ts";
import { accessRemedy } from "./remedies.ts";

/** What the server's user may not do there. */
export type Blocked = "read" | "delete";

/**
 * @param blocked the mailboxes
 * @param all of which these are some
 * @param root the folder of mailboxes; null for none
 */
export function blockedFindings(
  what: Blocked,
  blocked: readonly MailboxReport[],
  all: readonly MailboxReport[],
  root: string | null,
): Finding[] {
  const whole = wholeRoot(what, blocked, all, root);
  return whole === null ? blocked.map((report) => blockedFinding(what, report, all)) : [whole];
}

/** The finding on one mailbox. */
function blockedFinding(
  what: Blocked,
  report: MailboxReport,
  all: readonly MailboxReport[],
): Finding {
  const { username, path } = report;
  const others = all.filter((other) => other !== report)
    .flatMap(({ owner }) => owner === null ? [] : [owner.uid]);
  const place = { path: path ?? "", uid: report.owner?.uid ?? null };
  const remedy = path === null ? null : accessRemedy(place, others);
  const readOnly = what === "delete" ? "--read-only, or " : "";
  return {
    severity: severityOf(what),
    concerns: { type: "mailbox", username, path },
    text: what === "read"
      ? `${path}: permission denied`
      : `${path}: this user may not write there, so nothing can be deleted`,
    remedy: remedy === null ? null : `${readOnly}${remedy}`,
  };
}

function wholeRoot(
  what: Blocked,
  blocked: readonly MailboxReport[],
  all: readonly MailboxReport[],
  root: string | null,
): Finding | null {
  const [server, owner] = [serverUid(), root === null ? null : lookAtGivenOrNull(root)?.uid];
  if (root === null || server === null || owner === null || owner === undefined) return null;
  const isWhole = blocked.length > 1 && owner !== server &&
    blocked.every(({ owner: its, path }) =>
      its?.uid === owner && path?.startsWith(`${root}/`) === true
    );
  if (!isWhole) return null;
  const may = what === "read" ? "read" : "delete in";
  return {
    severity: severityOf(what),
    concerns: { type: "file", path: root },
    text: `it belongs to ${userName(owner)}, as ${blocked.length} of ` +
      `${all.length} mailboxes do: ` +
      `user ${userName(server)} may not ${may} them`,
    remedy: `if all mail is to belong to the server's user: chown -R ${server} ${quoted(root)}`,
  };
}

function severityOf(what: Blocked): Finding["severity"] {
  return what === "read" ? "fault" : "warning";
}
