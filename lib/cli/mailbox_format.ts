/** Which kind of mailbox a path is, and how it is opened. */
import { join } from "@std/path";
import { FileMailbox, type FileMailboxOptions } from "../mailbox/files/file_mailbox.ts";
import { folderLayout } from "../mailbox/folder/folder_mailbox.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import { maildirLayout } from "../mailbox/maildir/maildir_mailbox.ts";
import { CliError } from "./cli_error.ts";

/** A kind of mailbox. */
export type MailboxFormat = "folder" | "maildir" | "mbox";

/** A mailbox that can say how many messages it holds. */
export interface CountedMailbox extends Mailbox {
  count(): Promise<number>;
}

/** A file is an mbox, a folder that holds `new` and `cur` a Maildir. */
export async function seenFormat(path: string): Promise<MailboxFormat> {
  if (await kindOf(path) === "file") return "mbox";
  const inside = await Promise.all(["new", "cur"].map((name) => kindOf(join(path, name))));
  return inside.every((kind) => kind === "folder") ? "maildir" : "folder";
}

/** @throws {CliError} for an option that this kind of mailbox does not know */
export async function openMailbox(
  path: string,
  format: MailboxFormat,
  options: FileMailboxOptions,
): Promise<CountedMailbox> {
  switch (format) {
    case "folder":
      return new FileMailbox(path, folderLayout, options);
    case "maildir":
      return new FileMailbox(path, maildirLayout, options);
    case "mbox": {
      const { isReadOnly = false, deletePolicy = "remove", isExclusive } = options;
      if (deletePolicy === "trash") {
        throw CliError.usage("--delete trash: an mbox has no trash; give remove or keep");
      }
      if (isExclusive) {
        throw CliError.usage("--lock: not for an mbox yet; give a folder or a Maildir");
      }
      const { MboxMailbox } = await import("../mailbox/mbox/mbox_mailbox.ts");
      return new MboxMailbox(path, { isReadOnly, deletePolicy });
    }
  }
}

async function kindOf(path: string): Promise<"file" | "folder" | null> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch {
    return null;
  }
}
