/** Opens the mailbox that `pop3svc postgres import` reads. */
import type { Mailbox } from "../mod.ts";
import {
  lookAtGivenOrNull,
  type MailboxFormat,
  openStore,
  reasonOf,
  seenFormat,
} from "../program.ts";
import { CliError } from "./cli_error.ts";

/** A mailbox, and what its unique ids and messages leave out. */
export interface MailboxToImport {
  readonly mailbox: Mailbox;
  readonly leftOut: readonly string[];
}

/** @throws {CliError} when it cannot be opened */
export async function mailboxToImport(
  path: string,
  format: MailboxFormat | null,
): Promise<MailboxToImport> {
  try {
    if (lookAtGivenOrNull(path) === null) throw new Deno.errors.NotFound();
    const { folderMailbox, maildirMailbox, mboxMailbox } = await import("../mod.ts");
    const seen = format ?? await seenFormat(path);
    const options = { readOnly: true };
    const { leftOut } = await (await openStore(path, seen, options)).count();
    switch (seen) {
      case "folder":
        return { mailbox: folderMailbox(path, options), leftOut };
      case "maildir":
        return { mailbox: maildirMailbox(path, options), leftOut };
      case "mbox":
        return { mailbox: mboxMailbox(path, options), leftOut };
    }
  } catch (error) {
    throw CliError.environment(`mailbox ${path}: ${reasonOf(error)}`, error);
  }
}
