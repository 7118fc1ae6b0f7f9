/** The result of a check in the shape that `check --json` prints; docs/operations/troubleshooting.md describes it. */
import type { MailboxReport, Owner } from "./check_mailbox.ts";
import { findingsOf, type ServerReport } from "./check_server.ts";
import type { AnsweringPort } from "./check_ports.ts";
import { type Concern, type Finding, sentenceOf } from "./finding.ts";

export interface CheckSummary {
  readonly errors: number;
  readonly warnings: number;
  /** Null without a users file. */
  readonly usersFile: {
    readonly path: string;
    readonly users: number;
    readonly locked: number;
    /** Users who have no mailbox yet. */
    readonly withoutMailbox: number;
  } | null;
  /** Null without a database. */
  readonly database: {
    /** The name of the database, and its machine. */
    readonly place: string;
    /** Null where they cannot be listed. */
    readonly users: number | null;
    readonly locked: number | null;
  } | null;
  readonly mailboxes: readonly MailboxSummary[];
  /** Null without a certificate, or where it cannot be used. */
  readonly certificate: {
    readonly subject: string;
    readonly names: readonly string[];
    readonly validFrom: Date;
    readonly validTo: Date;
  } | null;
  /** The ports that a running server has already, probably this one, and what it answers there. */
  readonly running: readonly AnsweringPort[];
  /** The errors first. */
  readonly findings: readonly FindingSummary[];
}

export interface MailboxSummary {
  /** Null without a users file. */
  readonly user: string | null;
  readonly isLocked: boolean;
  /** Null where nothing is there. */
  readonly path: string | null;
  readonly format: string | null;
  readonly owner: Owner | null;
  /** Null where the mailbox is not there, or could not be opened; so are all that follow. */
  readonly messages: number | null;
  readonly octets: number | null;
  readonly derivedUniqueIds: readonly string[] | null;
  readonly stillBeingWritten: number | null;
  readonly leftovers: readonly string[] | null;
}

export interface FindingSummary {
  readonly severity: "error" | "warning";
  readonly concerns: Concern;
  /** A sentence that names what it concerns. */
  readonly text: string;
  readonly remedy: string | null;
}

/** @param others what was found besides */
export function summaryOf(report: ServerReport, others: readonly Finding[]): CheckSummary {
  const { mail } = report;
  const facts = report.certificate?.facts ?? null;
  const findings = [...others, ...findingsOf(report)].map(summaryOfFinding)
    .toSorted((a, b) => a.severity.localeCompare(b.severity));
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const users = mail.type === "users" ? mail.users ?? [] : [];
  return {
    errors,
    warnings: findings.length - errors,
    usersFile: mail.type !== "users" ? null : {
      path: mail.file,
      users: users.length,
      locked: users.filter(({ isLocked }) => isLocked).length,
      withoutMailbox: users.filter(({ isMissing }) => isMissing).length,
    },
    database: mail.type !== "database"
      ? null
      : { place: mail.place, users: mail.users, locked: mail.locked },
    mailboxes: mail.type === "mailbox"
      ? [summaryOfMailbox(mail, false)]
      : users.map((user) => summaryOfMailbox(user, user.isLocked)),
    certificate: facts === null ? null : {
      subject: facts.subject,
      names: facts.names,
      validFrom: facts.validFrom,
      validTo: facts.validTo,
    },
    running: report.answering,
    findings,
  };
}

function summaryOfMailbox(
  { username, path, format, owner, contents }: MailboxReport,
  isLocked: boolean,
): MailboxSummary {
  return {
    user: username,
    isLocked,
    path,
    format,
    owner,
    messages: contents?.messages ?? null,
    octets: contents?.octets ?? null,
    derivedUniqueIds: contents?.derived ?? null,
    stillBeingWritten: contents?.unsettled ?? null,
    leftovers: contents?.leftovers ?? null,
  };
}

function summaryOfFinding(finding: Finding): FindingSummary {
  const { concerns, remedy } = finding;
  return {
    severity: finding.severity === "fault" ? "error" : "warning",
    concerns,
    text: sentenceOf(finding),
    remedy,
  };
}
