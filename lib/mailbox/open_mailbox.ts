/** Finds out which kind of mailbox a path is, and opens it. */
import { join } from "@std/path";
import { type GivenPath, lookAtMailbox } from "../files/given_path.ts";
import { denoFileSystem as files } from "../files/file_system.ts";
import type { FileMailboxOptions } from "./files/file_mailbox_options.ts";
import { FileStore } from "./files/file_store.ts";
import { folderLayout } from "./folder/folder_mailbox.ts";
import { nullIfNotAllowed } from "./look_if_allowed.ts";
import { mayLieInMaildir } from "./folder/no_message.ts";
import type { Inspection, InspectionProgress } from "./inspection.ts";
import type { MailboxStore } from "./mailbox_store.ts";
import { maildirLayout } from "./maildir/maildir_mailbox.ts";

/** A kind of mailbox. */
export type MailboxFormat = "folder" | "maildir" | "mbox";

/**
 * The format of what is there. A file is an mbox. A folder is a Maildir if it holds two of `new`, `cur` and `tmp`. One
 * of the first two is enough if the only files beside it are those of an IMAP server or a desktop, since git and some
 * mail clients drop empty folders. Any other folder is a folder of messages.
 *
 * @param seen what is at the path, where the caller has looked just now
 */
export async function seenFormat(path: string, seen?: GivenPath): Promise<MailboxFormat> {
  const given = seen ?? await lookAtMailbox(path);
  if (given?.info.isFile === true) return "mbox";
  // We do not follow a link in the place of a folder, but it still shows that the files beside it are not messages.
  const inside: string[] = [];
  for (const name of ["new", "cur", "tmp"]) {
    const info = await files.look(join(path, name));
    if (info?.isDirectory === true || info?.isSymlink === true) inside.push(name);
  }
  if (inside.length >= 2) return "maildir";
  return inside.length === 1 && inside[0] !== "tmp" && !await mayHoldMessages(path)
    ? "maildir"
    : "folder";
}

async function mayHoldMessages(path: string): Promise<boolean> {
  const names = await files.entries(path).catch(nullIfNotAllowed) ?? [];
  return names.some(({ name, isFile }) =>
    isFile && !name.startsWith(".") && !mayLieInMaildir(name)
  );
}

/** Whether a home is itself a Maildir. */
export async function isMaildir(path: string): Promise<boolean> {
  for (const name of ["new", "cur", "tmp"]) if (!await isFolder(join(path, name))) return false;
  return true;
}

/** Opens a store. The code for mboxes is loaded only for an mbox. */
export async function openStore(
  path: string,
  format: MailboxFormat,
  options: FileMailboxOptions,
): Promise<MailboxStore> {
  if (format === "mbox") {
    const { MboxStore } = await import("./mbox/mbox_store.ts");
    return new MboxStore(path, options);
  }
  return new FileStore(path, format === "maildir" ? maildirLayout : folderLayout, options);
}

/** Reads every message, and reports what is in a mailbox. Writes nothing. */
export async function inspectMailbox(
  path: string,
  format: MailboxFormat,
  options: FileMailboxOptions,
  progress: InspectionProgress,
): Promise<Inspection> {
  return await (await openStore(path, format, options)).inspect(progress);
}

/** Whether it is a real folder: links in a mailbox are not followed. */
async function isFolder(path: string): Promise<boolean> {
  return (await files.look(path))?.isDirectory === true;
}
