/** `pop3svc check`: says what would be served and everything that is wrong; serves and mends nothing. */
import type { CertificateFacts } from "../transport/tls/inspect_certificate.ts";
import { printable } from "../telemetry/printable.ts";
import { certificateOf } from "./certificate_of_options.ts";
import { reasonOf } from "../telemetry/reason.ts";
import { CliError } from "./cli_error.ts";
import type { Inspection } from "../mailbox/inspection.ts";
import { inspectMailbox, type MailboxFormat, seenFormat } from "../mailbox/open_mailbox.ts";
import { setupWarnings } from "./setup_warnings.ts";
import type { ServeOptions } from "./options.ts";
import { mailboxOptions, usersMailboxOptions } from "./provider_of_options.ts";
import { usualMistakes } from "./usual_mistakes.ts";

const PROGRESS_EVERY_MS = 200;

/** @throws {CliError} when the mailbox cannot be served */
export async function check(path: string, options: ServeOptions): Promise<void> {
  const certificate = await certificateOf(options);
  if (certificate !== null) printCertificate(certificate.facts);
  if (options.users !== null) {
    const { checkUsers } = await import("./check_users.ts");
    const folders = await checkUsers(
      options.users,
      options["mail-root"],
      options["username-case"],
      await usersMailboxOptions(options),
    );
    const told = warningsTold(options);
    console.log(`warnings: ${[told.length, ...told].join("\n  ")}`);
    return printMistakes(usualMistakes(folders, options, certificate?.facts ?? null));
  }
  const format = options.format ?? seenFormat(path);
  const found = await look(path, format, options);
  const list = (lines: readonly string[]) => [lines.length, ...lines.map(printable)].join("\n  ");
  console.log(`mailbox: ${path}
kind: ${format}
messages: ${found.messages}
octets: ${found.octets}
derived unique ids: ${list(found.derived)}
still being written: ${found.unsettled}
leftovers: ${list(found.leftovers)}
warnings: ${list([...found.warnings, ...warningsTold(options)])}
not served: ${list(found.faults)}`);
  printMistakes(usualMistakes([path], options, certificate?.facts ?? null));
  if (found.faults.length > 0) {
    throw CliError.environment(`mailbox ${path}: not all mail is served, see above`);
  }
}

function printCertificate({ subject, names, validFrom, validTo }: CertificateFacts): void {
  const now = new Date();
  const state = now < validFrom ? "not valid yet" : now > validTo ? "EXPIRED" : "valid";
  console.log(`certificate: ${printable(subject)}
names: ${printable(names.join(", ")) || "none, and clients will refuse it"}
valid: ${validFrom.toISOString()} to ${validTo.toISOString()} (${state})
key: belongs to the certificate`);
}

function warningsTold(options: ServeOptions): string[] {
  return setupWarnings(options).map(({ finding, remedy }) => `${finding} (${remedy})`);
}

function printMistakes(mistakes: readonly string[]): void {
  console.log(`mistakes: ${[mistakes.length, ...mistakes.map(printable)].join("\n  ")}`);
}

async function look(
  path: string,
  format: MailboxFormat,
  options: ServeOptions,
): Promise<Inspection> {
  const isWatched = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  let shownAt = performance.now();
  const show = (done: number, all: number) => {
    if (!isWatched || performance.now() - shownAt < PROGRESS_EVERY_MS) return;
    shownAt = performance.now();
    Deno.stderr.writeSync(encoder.encode(`\rcounting: ${done} of ${all}`));
  };
  try {
    return await inspectMailbox(path, format, mailboxOptions(options), show);
  } catch (error) {
    throw CliError.environment(`mailbox ${path}: ${reasonOf(error)}`, error);
  } finally {
    if (isWatched) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
  }
}
