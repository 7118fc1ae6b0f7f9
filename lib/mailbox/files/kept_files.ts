/** Where files go that were moved out of a mailbox, and are no messages of its owner's: they are never removed. */
import { basename, join } from "@std/path";
import type { MailboxFolder } from "./mailbox_folder.ts";

const KEPT = "kept";

/** Moves a file to where only the server's user can reach it, and reports where that is. */
export async function keep(folder: MailboxFolder, own: string, from: string): Promise<void> {
  const { files } = folder;
  if (await files.look(from) === null) return;
  const kept = join(own, KEPT);
  await files.makeFolder(kept);
  // The old name may be too long to be a part of the new one.
  const to = join(kept, crypto.randomUUID());
  await files.rename(from, to);
  folder.report(
    new Error(
      `${to} was moved out of the mailbox ${folder.path}, where it was called ${
        JSON.stringify(basename(from))
      }, and is no message of its owner's: give it back by hand`,
    ),
  );
}
