/**
 * A plain folder: every regular file directly inside is a message, whatever its extension. The unique id is made
 * of the name; the order is by time of modification, then by name, so that new mail comes last.
 *
 * Other programs write their files right into it, and nothing tells when one is complete. So a file becomes a
 * message only when it has been left alone for a while, the settle time. (A time in the future is a clock that
 * is wrong, and waits for nothing.)
 */
import { join } from "@std/path";
import type { Mailbox } from "../mailbox.ts";
import { FileMailbox, type FileMailboxOptions } from "../files/file_mailbox.ts";
import { listFiles } from "../files/list_files.ts";
import type { MessageFile, MessageLayout } from "../files/message_layout.ts";
import { uniqueIdOfName } from "../files/unique_id_of_name.ts";

/**
 * A folder whose files are messages, whatever their extension.
 *
 * Every regular file directly inside is one message. Subfolders, symbolic links and names that begin with a
 * dot are left out. The unique id is the file name where that can be one, else one derived from it. The
 * order is by time of modification, then by name. A file becomes a message when nobody has written to it for the
 * settle time. One object may serve many logins, and remembers sizes.
 *
 * Deletions are all or nothing, also when the process is killed in the middle, and durable once confirmed.
 *
 * @param path the folder; it is looked at only at each login
 *
 * @example
 * ```ts
 * import { folderMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
 *
 * const mailbox = folderMailbox("mailbox-sample");
 * const provider = new SingleUserProvider({
 *   username: "me",
 *   password: "passw0rd",
 *   openMailbox: () => mailbox,
 * });
 * ```
 */
export function folderMailbox(path: string, options: FileMailboxOptions = {}): Mailbox {
  return new FileMailbox(path, folderLayout, options);
}

export const folderLayout: MessageLayout = {
  folders: ["."],
  async list(mailbox, settleTime) {
    const messages: MessageFile[] = [];
    const now = Date.now();
    let unsettled = 0;
    for (const { name, identity } of await listFiles(mailbox)) {
      const age = now - identity.modified;
      if (age >= 0 && age < settleTime) unsettled++;
      else {
        const uniqueId = await uniqueIdOfName(name);
        messages.push({ uniqueId, path: name, identity, hintedOctets: null });
      }
    }
    return { messages: messages.sort(byTimeThenName), unsettled };
  },
  async find(files, mailbox, { path }) {
    const info = await files.look(join(mailbox, path));
    return info?.isFile === true ? path : null;
  },
};

function byTimeThenName(a: MessageFile, b: MessageFile): number {
  return a.identity.modified - b.identity.modified || (a.path < b.path ? -1 : 1);
}
