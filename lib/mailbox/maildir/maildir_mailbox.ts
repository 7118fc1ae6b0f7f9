/**
 * A Maildir: messages are the files in `new` and `cur`. Mail that is still being delivered is in `tmp`, which we never
 * read.
 *
 * - The unique id is made from the base name, without the flags after `:2,`, so it stays the same when flags
 *   change and when the message moves from `new` to `cur`.
 * - We read `new` before `cur`: a message that moves meanwhile is seen twice, never missed, and counts once.
 * - A file in `new` or `cur` is complete, since programs write it in `tmp` and then move it.
 * - We do not trust the sizes in a name (`,S=` of the file, `,W=` as sent): other programs count differently.
 * - When a message is no longer where it was listed, we search for it by its base name.
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
import { sharedMailbox } from "../mailbox_store.ts";

/**
 * A Maildir, as Postfix, Dovecot, maildrop or procmail fill it. Other programs may deliver to it, move and flag
 * messages while sessions run.
 *
 * @throws {RangeError} for an option that is not allowed
 * @throws {TypeError} for one of the wrong kind, or that there is not
 * @param path the folder that holds `new` and `cur`; it is not read before a login
 *
 * @example
 * ```ts
 * import { maildirMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
 *
 * const mailbox = maildirMailbox("/home/me/Maildir");
 * const provider = new SingleUserProvider({
 *   username: "me",
 *   password: "passw0rd",
 *   openMailbox: () => mailbox,
 * });
 * ```
 */
export function maildirMailbox(path: string, options: FileMailboxOptions = {}): Mailbox {
  const store = new FileStore(
    checked("path", mailboxPath, path),
    maildirLayout,
    checkedOptions(fileMailboxSettings, options),
  );
  return sharedMailbox(store);
}

export const maildirLayout: MessageLayout = {
  format: "maildir",
  folders: ["new", "cur"],
  ownFolderName: "pop3svc",
  isWrittenInPlace: false,
  whyNoMessage: () => null,
  tellsOfOthers: () => false,
  // The flags begin after the last `:`, or `;` where a file system knows no colon.
  baseNameOf: (name) => name.replace(/[:;][12],[^:;]*$/, ""),
  // isync appends `,U=1` to the stem, and other programs append sizes.
  stemOf: (base) => base.split(",", 1).join(""),
};
