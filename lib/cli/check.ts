/** `pop3svc check`: prints what a server with these options would serve, and what is wrong. */
import {
  type CertificateFacts,
  checkServer,
  counted,
  type Finding,
  type InspectionProgress,
  type MailboxReport,
  printable,
  sentenceOf,
  type ServerReport,
  type ServerToCheck,
  type UsersReport,
} from "../program.ts";
import { certificateFilesOf, usableCertificate } from "./certificate_of_options.ts";
import { CliError } from "./cli_error.ts";
import { secretFilesOf } from "./exposure.ts";
import type { ServeOptions } from "./options.ts";
import { portsOf } from "./ports_of_options.ts";
import { mailboxOptions, usersMailboxOptions } from "./provider_of_options.ts";

const PROGRESS_EVERY_MS = 200;

/** @throws {CliError} when not all mail would be served */
export async function check(path: string, options: ServeOptions): Promise<void> {
  const report = await withProgress(async (show) =>
    await checkServer(await serverOf(path, options), show)
  );
  const { mail, certificate } = report;
  if (certificate !== null) printCertificate(usableCertificate(certificate, options));
  if (mail.type === "users") printUsers(mail, report);
  else printMailbox(mail, report);
}

async function serverOf(path: string, options: ServeOptions): Promise<ServerToCheck> {
  const certificate = certificateFilesOf(options);
  return {
    mail: options.users === null
      ? { type: "mailbox", path, format: options.format, options: mailboxOptions(options) }
      : {
        type: "users",
        file: options.users,
        mailRoot: options["mail-root"],
        ...(options["mail-path"] === null ? {} : { mailPath: options["mail-path"] }),
        defaultDomain: options["default-domain"],
        usernameCase: options["username-case"],
        options: await usersMailboxOptions(options),
      },
    certificate,
    ports: {
      hostnames: options.host,
      ports: portsOf(options).map(({ port }) => port),
    },
    allowsInsecureLogin: options["allow-insecure-login"],
    secretFiles: secretFilesOf(options),
  };
}

function printCertificate({ subject, names, validFrom, validTo }: CertificateFacts): void {
  const now = new Date();
  const state = now < validFrom ? "not valid yet" : now > validTo ? "EXPIRED" : "valid";
  console.log(`certificate: ${printable(subject)}
names: ${printable(names.join(", ")) || "none, and clients will refuse it"}
valid: ${validFrom.toISOString()} to ${validTo.toISOString()} (${state})
key: belongs to the certificate`);
}

/** @throws {CliError} when it cannot be opened, or not all mail is served */
function printMailbox({ path, format, contents, findings }: MailboxReport, report: ServerReport) {
  const [faults, warnings] = sorted(findings);
  if (contents === null) {
    throw CliError.environment(`mailbox ${path}: ${faults.map(sentenceOf).join("; ")}`);
  }
  console.log(`mailbox: ${path}
kind: ${format}
messages: ${contents.messages}
octets: ${contents.octets}
derived unique ids: ${list(contents.derived)}
still being written: ${contents.unsettled}
leftovers: ${list(contents.leftovers)}
warnings: ${list([...warnings, ...report.access].map(shown))}
not served: ${list(faults.map(shown))}`);
  printMistakes(report);
  if (faults.length > 0) {
    throw CliError.environment(`mailbox ${path}: not all mail is served, see above`);
  }
}

/** @throws {CliError} when somebody would get no mail, or not all of it */
function printUsers({ file, users, findings }: UsersReport, report: ServerReport): void {
  if (users === null) {
    throw CliError.environment(`--users ${file}: ${findings.map(({ text }) => text).join("; ")}`);
  }
  const [faults, warnings] = sorted([
    ...findings,
    ...users.flatMap((user) => user.findings),
  ]);
  console.log(`users file: ${file}
users: ${users.length}
locked: ${users.filter(({ isLocked }) => isLocked).length}
wrong: ${list(faults.map(shown))}`);
  if (warnings.length > 0) console.log(`doubtful: ${list(warnings.map(shown))}`);
  if (faults.length > 0) {
    throw CliError.environment(
      `--users ${file}: not all users get all their mail: ${
        counted(faults.length, "fault")
      }, see above`,
    );
  }
  console.log(`warnings: ${list(report.access.map(shown))}`);
  printMistakes(report);
}

function printMistakes({ ports, certificate, paths }: ServerReport): void {
  const mistakes = [...ports, ...certificate?.findings ?? [], ...paths];
  console.log(`mistakes: ${list(mistakes.map(shown))}`);
}

/** The faults, and the warnings. */
function sorted(findings: readonly Finding[]): [Finding[], Finding[]] {
  return [
    findings.filter(({ severity }) => severity === "fault"),
    findings.filter(({ severity }) => severity === "warning"),
  ];
}

function shown(finding: Finding): string {
  const sentence = sentenceOf(finding);
  return finding.remedy === null ? sentence : `${sentence} (${finding.remedy})`;
}

/** How many there are, and each on a line of its own. */
function list(texts: readonly string[]): string {
  return [texts.length, ...texts.map(printable)].join("\n  ");
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
