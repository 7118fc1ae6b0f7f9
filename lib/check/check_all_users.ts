/** Adds what is wrong with all users of a file together. */
import type { UsersReport } from "./check_users.ts";
import type { Finding } from "./finding.ts";

/** The report with a fault where nobody can log in, or where no user has a mailbox. */
export function checkAllUsers(report: UsersReport): UsersReport {
  const { users, file } = report;
  if (users === null) return report;
  const fault = (text: string, remedy: string | null): UsersReport => {
    const concerns = { type: "users-file", path: file, line: null } as const;
    const finding: Finding = { severity: "fault", concerns, text, remedy };
    return { ...report, findings: [...report.findings, finding] };
  };
  if (users.length === 0) return fault("nobody in it can log in", null);
  const areAllMissing = users.every(({ path, findings }) => path === null && findings.length === 0);
  return areAllMissing
    ? fault("no user has a mailbox", "look at the paths, and whether the disk is mounted")
    : report;
}
