import { basename, dirname, join } from "@std/path";
import { isSameInode } from "../../files/file_identity.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";

/** Gives a file a name outside the deletion, and never replaces another file. */
export async function giveName({ files }: MailboxFolder, from: string, to: string): Promise<void> {
  const file = await files.look(from);
  for (let attempt = 0;; attempt++) {
    const place = attempt === 0 ? to : join(dirname(to), `${attempt}.${basename(to)}`);
    const there = await files.look(place);
    // The file has this name already: an earlier process was killed after the link.
    if (there !== null && file !== null && there.ino !== null && isSameInode(there, file)) return;
    if (there !== null) continue;
    try {
      return await files.link(from, place);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      // No hard links here, or not to this file. Our processes do not take the name while we hold the lock.
      return await files.rename(from, place);
    }
  }
}
