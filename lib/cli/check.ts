/** `pop3svc check`: says what would be served and everything that is wrong; serves and mends nothing. */
import { brokenOffDeletions } from "../mailbox/files/atomic_delete.ts";
import { denoFileSystem } from "../mailbox/files/file_system.ts";
import { measureFiles } from "../mailbox/files/measure_files.ts";
import type { MessageFile, MessageLayout } from "../mailbox/files/message_layout.ts";
import { isDerivedUniqueId } from "../mailbox/files/unique_id_of_name.ts";
import { folderLayout } from "../mailbox/folder/folder_mailbox.ts";
import { maildirLayout } from "../mailbox/maildir/maildir_mailbox.ts";
import type { CertificateFacts } from "../tls/inspect_certificate.ts";
import { certificateOf } from "./certificate_of_options.ts";
import { CliError, reasonOf } from "./cli_error.ts";
import { type MailboxFormat, seenFormat } from "../mailbox/open_mailbox.ts";
import type { ServeOptions } from "./options.ts";
import { usualMistakes } from "./usual_mistakes.ts";

const PROGRESS_EVERY_MS = 200;

/** What was found. */
interface Findings {
  readonly messages: number;
  readonly octets: number;
  readonly derived: readonly string[];
  readonly unsettled: number;
  readonly leftovers: readonly string[];
  readonly unreadable: readonly string[];
}

/** @throws {CliError} when the mailbox cannot be served */
export async function check(path: string, options: ServeOptions): Promise<void> {
  const certificate = await certificateOf(options);
  if (certificate !== null) printCertificate(certificate.facts);
  if (options.users !== null) {
    const { checkUsers } = await import("./check_users.ts");
    const folders = await checkUsers(options.users, options["mail-root"]);
    return printMistakes(usualMistakes(folders, options, certificate?.facts ?? null));
  }
  const format = options.format ?? seenFormat(path);
  const found = await look(path, format, 1_000 * options["settle-time"]);
  const list = (lines: readonly string[]) => [lines.length, ...lines].join("\n  ");
  console.log(`mailbox: ${path}
kind: ${format}
messages: ${found.messages}
octets: ${found.octets}
derived unique ids: ${list(found.derived)}
still being written: ${found.unsettled}
leftovers: ${list(found.leftovers)}`);
  printMistakes(usualMistakes([path], options, certificate?.facts ?? null));
  const [unreadable] = found.unreadable;
  if (unreadable === undefined) return;
  throw CliError.environment(
    `${found.unreadable.length} messages cannot be read, the first is ${
      JSON.stringify(unreadable)
    }`,
  );
}

function printCertificate({ subject, names, validFrom, validTo }: CertificateFacts): void {
  const now = new Date();
  const state = now < validFrom ? "not valid yet" : now > validTo ? "EXPIRED" : "valid";
  console.log(`certificate: ${subject}
names: ${names.join(", ") || "none, and clients will refuse it"}
valid: ${validFrom.toISOString()} to ${validTo.toISOString()} (${state})
key: belongs to the certificate`);
}

function printMistakes(mistakes: readonly string[]): void {
  console.log(`mistakes: ${[mistakes.length, ...mistakes].join("\n  ")}`);
}

async function look(path: string, format: MailboxFormat, settleTime: number): Promise<Findings> {
  try {
    return format === "mbox"
      ? await lookAtMbox(path)
      : await lookAtFiles(path, format === "maildir" ? maildirLayout : folderLayout, settleTime);
  } catch (error) {
    throw CliError.environment(`mailbox ${path}: ${reasonOf(error)}`, error);
  }
}

async function lookAtFiles(
  path: string,
  layout: MessageLayout,
  settleTime: number,
): Promise<Findings> {
  const { messages, unsettled } = await layout.list(path, settleTime);
  const derived = messages.filter(({ uniqueId }) => isDerivedUniqueId(uniqueId));
  const brokenOff = await brokenOffDeletions(denoFileSystem, path);
  return {
    messages: messages.length,
    derived: derived.map(({ uniqueId, path }) => `${uniqueId} for ${JSON.stringify(path)}`),
    unsettled,
    leftovers: brokenOff.map(({ name, outcome }) =>
      `${name} will be ${outcome} when the mailbox is next opened`
    ),
    ...await count(path, messages),
  };
}

async function lookAtMbox(path: string): Promise<Findings> {
  const { indexMbox } = await import("../mailbox/mbox/mbox_index.ts");
  const { leftoversOf } = await import("../mailbox/mbox/rewrite_mbox.ts");
  const index = await indexMbox(path);
  if (index === null) throw new Error("another program is writing it; try again");
  const messages = [...index.messages.values()];
  const leftovers = await leftoversOf(denoFileSystem, path);
  return {
    messages: messages.length,
    octets: messages.reduce((sum, { octets }) => sum + octets, 0),
    derived: [],
    unsettled: 0,
    leftovers: leftovers.map((name) => `${name} will be removed when the mailbox is next opened`),
    unreadable: [],
  };
}

/** Octets of all messages; shows how far it is when a person is watching. */
async function count(
  path: string,
  messages: readonly MessageFile[],
): Promise<{ readonly octets: number; readonly unreadable: readonly string[] }> {
  const isWatched = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  const unreadable: string[] = [];
  let octets = 0;
  let counted = 0;
  let shownAt = performance.now();
  const show = () => {
    counted++;
    if (!isWatched || performance.now() - shownAt < PROGRESS_EVERY_MS) return;
    shownAt = performance.now();
    Deno.stderr.writeSync(encoder.encode(`\rcounting: ${counted} of ${messages.length}`));
  };
  // One that cannot be read ends its run of the count; the next run goes on behind it.
  while (counted < messages.length) {
    try {
      await measureFiles(path, messages.slice(counted), (_, measured) => {
        octets += measured.octets;
        show();
      }, show);
    } catch {
      unreadable.push(messages[counted]?.path ?? "");
      show();
    }
  }
  if (isWatched) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
  return { octets, unreadable };
}
