/** `pop3svc check`: says what would be served and everything that is wrong; serves and mends nothing. */
import { brokenOffDeletions } from "../mailbox/files/atomic_delete.ts";
import { denoFileSystem } from "../mailbox/files/file_system.ts";
import { measureFiles } from "../mailbox/files/measure_files.ts";
import type { Listing, MessageFile } from "../mailbox/files/message_layout.ts";
import { isDerivedUniqueId } from "../mailbox/files/unique_id_of_name.ts";
import { CliError, reasonOf } from "./cli_error.ts";
import { layouts, type MailboxFormat, seenFormat } from "./mailbox_format.ts";
import type { ServeOptions } from "./options.ts";

const PROGRESS_EVERY_MS = 200;

/** @throws {CliError} when the mailbox cannot be served */
export async function check(path: string, options: ServeOptions): Promise<void> {
  const format = options.format ?? await seenFormat(path);
  const { messages, unsettled } = await list(path, format, 1_000 * options["settle-time"]);
  const { octets, unreadable } = await count(path, messages);
  const derived = messages.filter(({ uniqueId }) => isDerivedUniqueId(uniqueId));
  const leftovers = await brokenOffDeletions(denoFileSystem, path);
  console.log(`mailbox: ${path}
kind: ${format}
messages: ${messages.length}
octets: ${octets}
derived unique ids: ${derived.length}${
    derived.map(({ uniqueId, path }) => `\n  ${uniqueId} for ${JSON.stringify(path)}`).join("")
  }
still being written: ${unsettled}
broken-off deletions: ${leftovers.length}${
    leftovers.map(({ name, outcome }) =>
      `\n  ${name} will be ${outcome} when the mailbox is next opened`
    )
      .join("")
  }`);
  if (unreadable.length > 0) {
    throw CliError.environment(
      `${unreadable.length} messages cannot be read, the first is ${JSON.stringify(unreadable[0])}`,
    );
  }
}

async function list(path: string, format: MailboxFormat, settleTime: number): Promise<Listing> {
  try {
    return await layouts[format].list(path, settleTime);
  } catch (error) {
    throw CliError.environment(`mailbox ${path}: ${reasonOf(error)}`, error);
  }
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
