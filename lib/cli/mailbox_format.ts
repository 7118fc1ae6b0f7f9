/** Which kind of mailbox a path is, and how it is opened. */
import { join } from "@std/path";
import { FileMailbox, type FileMailboxOptions } from "../mailbox/files/file_mailbox.ts";
import type { MessageLayout } from "../mailbox/files/message_layout.ts";
import { folderLayout } from "../mailbox/folder/folder_mailbox.ts";
import { maildirLayout } from "../mailbox/maildir/maildir_mailbox.ts";

/** A kind of mailbox. */
export type MailboxFormat = "folder" | "maildir";

export const layouts: Readonly<Record<MailboxFormat, MessageLayout>> = {
  folder: folderLayout,
  maildir: maildirLayout,
};

/** A folder that holds `new` and `cur` is a Maildir. */
export async function seenFormat(path: string): Promise<MailboxFormat> {
  const found = await Promise.all(["new", "cur"].map((name) => isFolder(join(path, name))));
  return found.every(Boolean) ? "maildir" : "folder";
}

export function openMailbox(
  path: string,
  format: MailboxFormat,
  options: FileMailboxOptions,
): FileMailbox {
  return new FileMailbox(path, layouts[format], options);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}
