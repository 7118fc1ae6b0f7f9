/**
 * A Maildir: messages are the files in `new` and `cur`; `tmp` is where mail is still being delivered, and is
 * never looked at.
 *
 * - The unique id is made of the base name, without the flags behind `:2,`, so it stays the same when flags
 *   change and when the message moves from `new` to `cur`.
 * - `new` is read before `cur`: a message that moves meanwhile is seen twice, never missed, and counted once.
 * - A file in `new` or `cur` is complete: that is what `tmp` is for.
 * - The sizes that a name tells (`,S=` of the file, `,W=` as sent) save reading the file, where they can be true.
 * - A message is looked for by its base name when it is no longer where it was listed.
 */
import { basename, join } from "@std/path";
import { FileMailbox, type FileMailboxOptions } from "../files/file_mailbox.ts";
import { listFiles } from "../files/list_files.ts";
import type { MessageFile, MessageLayout } from "../files/message_layout.ts";
import { uniqueIdOfName } from "../files/unique_id_of_name.ts";
import type { Mailbox } from "../mailbox.ts";

/**
 * A Maildir, as Postfix, Dovecot, maildrop or procmail fill it. Other programs may deliver to it, move and flag
 * messages while sessions run.
 *
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
  return new FileMailbox(path, maildirLayout, options);
}

const FOLDERS = ["new", "cur"] as const;

export const maildirLayout: MessageLayout = {
  folders: FOLDERS,
  async list(mailbox) {
    const messages = new Map<string, MessageFile>();
    for (const folder of FOLDERS) {
      for (const { name, identity } of await listFiles(join(mailbox, folder))) {
        const uniqueId = await uniqueIdOfName(baseNameOf(name));
        const hintedOctets = hintIn(name, identity.size);
        messages.set(uniqueId, { uniqueId, path: join(folder, name), identity, hintedOctets });
      }
    }
    return { messages: [...messages.values()].sort(byTimeThenName), unsettled: 0 };
  },
  async find(files, mailbox, { path }) {
    const info = await files.look(join(mailbox, path));
    if (info?.isFile === true) return path;
    const base = baseNameOf(basename(path));
    for (const folder of FOLDERS) {
      const entries = await files.entries(join(mailbox, folder));
      const found = entries.find(({ name, isFile }) => isFile && baseNameOf(name) === base);
      if (found !== undefined) return join(folder, found.name);
    }
    return null;
  },
};

/** What `,W=` tells, if `,S=` beside it is right and both can be true: at most, each octet is a bare LF. */
function hintIn(name: string, size: number): number | null {
  const hint = (key: string) =>
    Number(new RegExp(`,${key}=(\\d{1,15})(?![^,:;])`).exec(name)?.[1] ?? NaN);
  const octets = hint("W");
  return hint("S") === size && octets >= size && octets <= 2 * size ? octets : null;
}

/** The part of a file name that stays the same: all before the flags, which begin behind the last `:`. */
function baseNameOf(name: string): string {
  return name.replace(/[:;][12],[^:;]*$/, "");
}

function byTimeThenName(a: MessageFile, b: MessageFile): number {
  return a.identity.modified - b.identity.modified || (a.uniqueId < b.uniqueId ? -1 : 1);
}
