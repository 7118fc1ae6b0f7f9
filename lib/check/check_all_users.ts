/** Adds what is wrong with all users of a file together. */
import type { MailboxReport } from "./check_mailbox.ts";
import type { UsersReport } from "./check_users.ts";
import type { Finding } from "./finding.ts";

/** The report with a fault where nobody can log in, or where no user has a mailbox. */
export function checkAllUsers(report: UsersReport): UsersReport {
  const { users, file } = report;
  const isToldAlready = report.findings.some(({ severity, concerns }) =>
    severity === "fault" && concerns.type === "users-file" && concerns.line === null
  );
  if (users === null || isToldAlready) return report;
  const fault = (text: string, remedy: string | null): UsersReport => {
    const concerns = { type: "users-file", path: file, line: null } as const;
    const finding: Finding = { severity: "fault", concerns, text, remedy };
    return { ...report, findings: [...report.findings, finding] };
  };
  if (users.length === 0) return fault("nobody in it can log in", null);
  return users.every(isMissing)
    ? fault("no user has a mailbox", "look at the paths, and whether the disk is mounted")
    : report;
}

/** Whether a user has no mailbox yet. */
export function isMissing({ path, contents, findings }: MailboxReport): boolean {
  return path === null && contents === null &&
    !findings.some(({ severity }) => severity === "fault");
}
