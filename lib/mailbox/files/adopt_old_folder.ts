/**
 * Up to version 0.1 our folder in a Maildir was `.pop3svc`, which Dovecot treats as an IMAP folder. This file completes
 * what an old version left half done there. Then it removes the folder; if the folder holds a trash, it gets its new
 * name instead. A folder that belongs to another user is left alone.
 */
import { join } from "@std/path";
import { isOurFolder } from "../../files/own_folder.ts";
import { lockIn } from "./deletion_lock.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { recoverFolders } from "./recover_deletions.ts";

const OLD_NAME = ".pop3svc";

export async function adoptOldFolder(folder: MailboxFolder): Promise<void> {
  const { files } = folder;
  const old = join(folder.path, OLD_NAME);
  const found = await files.look(old);
  if (found === null) return;
  if (folder.isGuarded) {
    // The owner of the mailbox could replace it while we work in it.
    return folder.report(
      new Error(
        `${old}, of an older version, is left alone in a mailbox of another user: if it holds files, they are messages of a ` +
          `deletion that was broken off, or its trash`,
      ),
    );
  }
  if (!isOurFolder(found)) {
    const remedy = `look at what is in it, then type: rm -r '${old}'`;
    return folder.report(
      new Error(`${old} belongs to user ${found.uid}, and is left alone; ${remedy}`),
    );
  }
  try {
    {
      // The end of the lock removes the folder when nothing else is in it.
      using _lock = await lockIn(folder, old);
      await recoverFolders(folder, old);
      for (const { name } of await files.entries(old)) {
        if (name === "index" || name.startsWith("index.")) await files.remove(join(old, name));
      }
    }
    const own = await folder.own();
    if (await files.look(old) !== null && !own.isThere) await files.rename(old, own.path);
  } catch (error) {
    folder.report(new Error(`${old}, of an older version, could not be cleared`, { cause: error }));
  }
}
