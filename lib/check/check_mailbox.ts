/** Finds out what is in one mailbox, and what is wrong with it. */
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox_options.ts";
import type { Inspection, InspectionProgress } from "../mailbox/inspection.ts";
import { inspectMailbox, type MailboxFormat, seenFormat } from "../mailbox/open_mailbox.ts";
import { reasonOf } from "../telemetry/reason.ts";
import type { Finding } from "./finding.ts";

/** A mailbox to check. */
export interface MailboxToCheck {
  readonly type: "mailbox";
  readonly path: string;
  /** Null where the check finds out the format from what is there. */
  readonly format: MailboxFormat | null;
  readonly options: FileMailboxOptions;
}

/** Whose mailbox it is, and where. */
export interface MailboxPlace {
  /** Null where there is no users file. */
  readonly username: string | null;
  /** Null where the user has no mailbox yet, or nothing says where it is. */
  readonly path: string | null;
  /** Null where `path` is null, or where the check could not find out the format. */
  readonly format: MailboxFormat | null;
}

/** What the check of a mailbox has found. */
export interface MailboxReport extends MailboxPlace {
  readonly type: "mailbox";
  /** Null where the mailbox could not be opened, or is not there. */
  readonly contents: Omit<Inspection, "faults" | "warnings"> | null;
  readonly findings: readonly Finding[];
}

/** Looks at every message of a mailbox. */
export async function checkMailbox(
  { path, format, options }: MailboxToCheck,
  progress: InspectionProgress,
): Promise<MailboxReport> {
  const place: MailboxPlace = { username: null, path, format };
  try {
    const seen = format ?? seenFormat(path);
    const inspection = await inspectMailbox(path, seen, options, progress);
    return reportOf({ ...place, format: seen }, inspection);
  } catch (error) {
    return brokenReport(place, error);
  }
}

/** The report on a mailbox that was looked at. */
export function reportOf(place: MailboxPlace, inspection: Inspection): MailboxReport {
  const { faults, warnings, ...contents } = inspection;
  const finding = findingsOn(place);
  const findings = [
    ...faults.map((text) => finding("fault", text)),
    ...warnings.map((text) => finding("warning", text)),
  ];
  return { type: "mailbox", ...place, contents, findings };
}

/** The report on a mailbox that is not there yet, which a server treats as empty. */
export function emptyReport(place: MailboxPlace): MailboxReport {
  return { type: "mailbox", ...place, contents: null, findings: [] };
}

/** The report on a mailbox that could not be looked at. */
export function brokenReport(place: MailboxPlace, error: unknown): MailboxReport {
  const findings = [findingsOn(place)("fault", reasonOf(error))];
  return { type: "mailbox", ...place, contents: null, findings };
}

function findingsOn({ username, path }: MailboxPlace) {
  return (severity: Finding["severity"], text: string): Finding => ({
    severity,
    concerns: { type: "mailbox", username, path },
    text,
    remedy: null,
  });
}
