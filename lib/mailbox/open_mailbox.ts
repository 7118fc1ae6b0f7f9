/** Which kind of mailbox a path is, and how it is opened. */
import { join } from "@std/path";
import { FileMailbox, type FileMailboxOptions } from "./files/file_mailbox.ts";
import { folderLayout } from "./folder/folder_mailbox.ts";
import type { Mailbox } from "./mailbox.ts";
import { maildirLayout } from "./maildir/maildir_mailbox.ts";

/** A kind of mailbox. */
export type MailboxFormat = "folder" | "maildir" | "mbox";

/** A mailbox that can say how many messages it holds. */
export interface CountedMailbox extends Mailbox {
  count(): Promise<number>;
}

/** A file is an mbox, a folder that holds `new` and `cur` a Maildir. */
export function seenFormat(path: string): MailboxFormat {
  if (kindOf(path) === "file") return "mbox";
  const inside = ["new", "cur"].map((name) => kindOf(join(path, name)));
  return inside.every((kind) => kind === "folder") ? "maildir" : "folder";
}

/** Loads what an mbox needs only for an mbox. */
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
      const { MboxMailbox } = await import("./mbox/mbox_mailbox.ts");
      return new MboxMailbox(path, options);
    }
  }
}

function kindOf(path: string): "file" | "folder" | null {
  try {
    return Deno.statSync(path).isDirectory ? "folder" : "file";
  } catch {
    return null;
  }
}
