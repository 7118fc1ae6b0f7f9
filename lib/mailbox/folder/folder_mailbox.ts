/**
 * A plain folder: every regular file directly inside is a message, whatever its extension. The unique id is made
 * from the name; the order is by time of modification, then by name, so that new mail is last.
 *
 * Other programs write their files directly into it: list_messages.ts decides when a file is a message.
 */
import {
  type FileMailboxOptions,
  fileMailboxSettings,
  mailboxPath,
} from "../files/file_mailbox_options.ts";
import { checked, checkedOptions } from "../../settings/setting.ts";
import { FileStore } from "../files/file_store.ts";
import type { MessageLayout } from "../files/message_layout.ts";
import type { Mailbox } from "../../provider/mailbox.ts";
import { tellsOfOthers, whyNoMessage } from "./no_message.ts";
import { sharedMailbox } from "../mailbox_store.ts";

/**
 * A folder whose files are messages, whatever their extension.
 *
 * Every regular file directly inside is one message. Subfolders, symbolic links and names that begin with a
 * dot are left out. The unique id is the file name if that is a valid one; otherwise it is derived from the name. The
 * order is by time of modification, then by name. A file becomes a message when nobody has written to it for a
 * while. One object may serve many logins, and remembers sizes.
 *
 * Deletions are all or nothing, even if the process is killed in the middle, and durable once confirmed.
 *
 * @throws {RangeError} for an option that is not allowed
 * @throws {TypeError} for one of the wrong kind, or that there is not
 * @param path the folder; it is not read before a login
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
  const store = new FileStore(
    checked("path", mailboxPath, path),
    folderLayout,
    checkedOptions(fileMailboxSettings, options),
  );
  return sharedMailbox(store);
}

export const folderLayout: MessageLayout = {
  format: "folder",
  folders: ["."],
  ownFolderName: ".pop3svc",
  isWrittenInPlace: true,
  whyNoMessage,
  tellsOfOthers,
  baseNameOf: (name) => name,
  stemOf: (name) => name,
};
