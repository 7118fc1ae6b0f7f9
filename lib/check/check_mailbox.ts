/** Finds out what is in one mailbox, and what is wrong with it. */
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox_options.ts";
import type { Inspection, InspectionProgress } from "../mailbox/inspection.ts";
import { inspectMailbox, type MailboxFormat, seenFormat } from "../mailbox/open_mailbox.ts";
import { lookAtGivenOrNull } from "../files/look.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import { reasonOf } from "../telemetry/reason.ts";
import type { Finding } from "./finding.ts";
import { accessRemedy } from "./remedies.ts";

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

/** The user and the group that own a file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What the check of a mailbox has found. */
export interface MailboxReport extends MailboxPlace {
  readonly type: "mailbox";
  /** Whose the folder or file is; null where nothing is there, or the system has no owners. */
  readonly owner: Owner | null;
  /** Null where the mailbox could not be opened, or is not there. */
  readonly contents: Omit<Inspection, "faults" | "warnings"> | null;
  /** Whether this process may not read it. */
  readonly isDenied: boolean;
  readonly findings: readonly Finding[];
}

/** Looks at every message of a mailbox. */
export async function checkMailbox(
  { path, format, options }: MailboxToCheck,
  progress: InspectionProgress,
): Promise<MailboxReport> {
  const place: MailboxPlace = { username: null, path, format };
  try {
    const seen = format ?? await seenFormat(path);
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
  return { type: "mailbox", ...place, owner: ownerOf(place), contents, isDenied: false, findings };
}

/** The report on a mailbox that is not there yet, which a server treats as empty. */
export function emptyReport(place: MailboxPlace): MailboxReport {
  const owner = ownerOf(place);
  return { type: "mailbox", ...place, owner, contents: null, isDenied: false, findings: [] };
}

/** The report on a mailbox that could not be looked at. */
export function brokenReport(place: MailboxPlace, error: unknown): MailboxReport {
  const { path } = place;
  const cause = error instanceof Pop3ResponseError ? error.cause ?? error : error;
  const isDenied = cause instanceof Deno.errors.PermissionDenied;
  // The reasons of all others name the path.
  const isNameless = isDenied || cause instanceof Deno.errors.NotFound;
  const text = isNameless && path !== null ? `${path}: ${reasonOf(cause)}` : reasonOf(cause);
  const owner = ownerOf(place);
  const remedy = isDenied && path !== null
    ? accessRemedy({ path, uid: owner?.uid ?? null }, [])
    : null;
  const findings = [{ ...findingsOn(place)("fault", text), remedy }];
  return { type: "mailbox", ...place, owner, contents: null, isDenied, findings };
}

function ownerOf({ path }: MailboxPlace): Owner | null {
  const info = path === null ? null : lookAtGivenOrNull(path);
  if (info === null || info.uid === null || info.gid === null) return null;
  return { uid: info.uid, gid: info.gid };
}

function findingsOn({ username, path }: MailboxPlace) {
  return (severity: Finding["severity"], text: string): Finding => ({
    severity,
    concerns: { type: "mailbox", username, path },
    text,
    remedy: null,
  });
}
