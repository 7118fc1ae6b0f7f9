/** Keeps files that we have moved out of a mailbox, but that are not messages of its owner. They are never removed. */
import { basename, join } from "@std/path";
import type { MailboxFolder } from "./mailbox_folder.ts";

const KEPT = "kept";

/** Moves a file to where only the server's user can reach it, and reports where that is. */
export async function keep(folder: MailboxFolder, own: string, from: string): Promise<void> {
  const { files } = folder;
  if (await files.look(from) === null) return;
  const kept = join(own, KEPT);
  await files.makeFolder(kept);
  // The new name does not hold the old one, which may be too long.
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
