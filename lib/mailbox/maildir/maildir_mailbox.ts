/**
 * A Maildir: messages are the files in `new` and `cur`; `tmp` is where mail is still being delivered, and is
 * never looked at.
 *
 * - The unique id is made of the base name, without the flags after `:2,`, so it stays the same when flags
 *   change and when the message moves from `new` to `cur`.
 * - `new` is read before `cur`: a message that moves meanwhile is seen twice, never missed, and counted once.
 * - A file in `new` or `cur` is complete: that is what `tmp` is for.
 * - The sizes that a name tells (`,S=` of the file, `,W=` as sent) are not believed: other programs count otherwise.
 * - A message is looked for by its base name when it is no longer where it was listed.
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
 * @param path the folder that holds `new` and `cur`; it is looked at only at each login
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
  // The flags begin after the last `:`, or `;` where a file system knows no colon.
  baseNameOf: (name) => name.replace(/[:;][12],[^:;]*$/, ""),
  // isync appends `,U=1` to it, other programs sizes.
  stemOf: (base) => base.split(",", 1).join(""),
};
