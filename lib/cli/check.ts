/** `pop3svc check`: prints what a server with these options would serve, and what is wrong. */
import {
  checkServer,
  type CheckSummary,
  counted,
  type FindingSummary,
  type InspectionProgress,
  type MailboxSummary,
  printable,
  userName,
} from "../program.ts";
import type { CheckOptions } from "./options.ts";
import { serverToCheck } from "./server_to_check.ts";

const PROGRESS_EVERY_MS = 200;
/** A list that is longer shows only users with findings. */
const FEW_USERS = 20;
/** The most lines of one kind, so that ten thousand users can be read. */
const MOST_LINES = 100;

/** @returns 0; 1 when somebody would not get all mail; 2 for a wrong command line */
export async function check(mailbox: string | null, options: CheckOptions): Promise<0 | 1 | 2> {
  const { server, findings, isMisused } = await serverToCheck(mailbox, options);
  const summary = await withProgress((show) => checkServer(server, findings, show));
  if (options.json) console.log(printable(JSON.stringify(summary)));
  else for (const line of linesOf(summary)) console.log(printable(line));
  if (isMisused) return 2;
  return summary.errors > 0 ? 1 : 0;
}

function linesOf(summary: CheckSummary): string[] {
  const { usersFile, database, mailboxes, certificate, findings, errors, warnings } = summary;
  return [
    ...(database === null ? [] : [
      `database: ${database.place}`,
      ...(database.users === null
        ? []
        : [`users: ${database.users}`, `locked: ${database.locked}`]),
    ]),
    ...(usersFile === null
      ? mailboxes.flatMap(mailboxLines)
      : [...usersLines(usersFile, mailboxes), ...userLines(mailboxes, findings)]),
    ...(certificate === null ? [] : certificateLines(certificate)),
    ...runningLine(summary),
    ...findingLines(findings, "error"),
    ...findingLines(findings, "warning"),
    `${counted(errors, "error")}, ${counted(warnings, "warning")}`,
  ];
}

function certificateLines(
  { subject, names, validFrom, validTo }: NonNullable<CheckSummary["certificate"]>,
): string[] {
  const now = new Date();
  const state = now < validFrom ? "not valid yet" : now > validTo ? "EXPIRED" : "valid";
  return [
    `certificate: ${subject}`,
    `names: ${names.join(", ") || "none"}`,
    `valid: ${validFrom.toISOString()} to ${validTo.toISOString()} (${state})`,
    "key: belongs to the certificate",
  ];
}

/** The greeting shows whether it is this server that has the ports. */
function runningLine({ running }: CheckSummary): string[] {
  const ports = running.map(({ hostname, port, answer }) => `${hostname} port ${port} (${answer})`);
  return ports.length === 0 ? [] : [`running already, probably this server: ${ports.join(", ")}`];
}

function mailboxLines(mailbox: MailboxSummary): string[] {
  const { path, format, owner, messages, octets } = mailbox;
  return [
    `mailbox: ${path}`,
    `format: ${format ?? "unknown"}`,
    ...(owner === null ? [] : [`owner: ${ownerText(owner.uid)}`]),
    ...(messages === null ? [] : [
      `messages: ${messages}`,
      `octets: ${octets}`,
      ...list("derived unique ids", mailbox.derivedUniqueIds ?? []),
      `still being written: ${mailbox.stillBeingWritten}`,
      ...list("leftovers", mailbox.leftovers ?? []),
    ]),
  ];
}

function usersLines(
  { path, users, locked, withoutMailbox }: NonNullable<CheckSummary["usersFile"]>,
  mailboxes: readonly MailboxSummary[],
): string[] {
  const sum = (numbers: readonly (number | null)[]) =>
    numbers.reduce<number>((all, number) => all + (number ?? 0), 0);
  return [
    `users file: ${path}`,
    `users: ${users}`,
    `locked: ${locked}`,
    `without a mailbox yet: ${withoutMailbox}`,
    `messages: ${sum(mailboxes.map(({ messages }) => messages))}`,
    `octets: ${sum(mailboxes.map(({ octets }) => octets))}`,
  ];
}

/** A line for each user; where there are many, for each with a finding. */
function userLines(
  mailboxes: readonly MailboxSummary[],
  findings: readonly FindingSummary[],
): string[] {
  const found = new Set(
    findings.flatMap(({ concerns }) => concerns.type === "mailbox" ? concerns.username : []),
  );
  const shown = mailboxes.length <= FEW_USERS
    ? mailboxes
    : mailboxes.filter(({ user, path }) => path === null || found.has(user));
  const others = mailboxes.length - shown.length;
  return [
    ...few(shown.map(userLine), "users"),
    ...(others === 0 ? [] : [`${counted(others, "other user")}: nothing is wrong`]),
  ];
}

function userLine({ user, isLocked, path, format, owner, messages, octets }: MailboxSummary) {
  return [
    `user ${JSON.stringify(user)}: ${path ?? "no mailbox"}`,
    ...(isLocked ? ["locked"] : []),
    ...(format === null ? [] : [format]),
    ...(owner === null ? [] : [`owner ${ownerText(owner.uid)}`]),
    ...(messages === null ? [] : [counted(messages, "message"), counted(octets ?? 0, "octet")]),
  ].join(", ");
}

/** The name where /etc/passwd has it. */
function ownerText(uid: number): string {
  const name = userName(uid);
  return name === String(uid) ? `uid ${uid}` : `uid ${uid} (${name})`;
}

function findingLines(
  findings: readonly FindingSummary[],
  severity: FindingSummary["severity"],
): string[] {
  const ofOne = ({ concerns: { type } }: FindingSummary) => type === "mailbox" ? 1 : 0;
  const all = findings.filter((finding) => finding.severity === severity)
    // What concerns everybody comes before what concerns one user.
    .toSorted((a, b) => ofOne(a) - ofOne(b));
  return [
    ...all.slice(0, MOST_LINES).flatMap(({ text, remedy }) => [
      `${severity}: ${text}`,
      ...(remedy === null ? [] : [`  to do: ${remedy}`]),
    ]),
    ...more(all.length, `${severity}s`),
  ];
}

function few(lines: readonly string[], noun: string): string[] {
  return [...lines.slice(0, MOST_LINES), ...more(lines.length, noun)];
}

function more(all: number, noun: string): string[] {
  return all <= MOST_LINES ? [] : [`… and ${all - MOST_LINES} more ${noun}; --json prints all`];
}

/** How many there are, and each on a line of its own. */
function list(name: string, texts: readonly string[]): string[] {
  return [`${name}: ${texts.length}`, ...few(texts.map((text) => `  ${text}`), "lines")];
}

/** Does the work, and shows on a terminal how much of it is done. */
async function withProgress<T>(work: (show: InspectionProgress) => Promise<T>): Promise<T> {
  const isWatched = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  let shownAt = performance.now();
  const show = (done: number, all: number) => {
    if (!isWatched || performance.now() - shownAt < PROGRESS_EVERY_MS) return;
    shownAt = performance.now();
    Deno.stderr.writeSync(encoder.encode(`\rcounting: ${done} of ${all}`));
  };
  try {
    return await work(show);
  } finally {
    if (isWatched) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
  }
}
