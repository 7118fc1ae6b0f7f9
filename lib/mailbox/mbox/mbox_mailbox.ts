/** The mbox mailbox that a program of your own opens. */
import type { DeletePolicy } from "../files/file_mailbox_options.ts";
import type { Mailbox } from "../../provider/mailbox.ts";
import { mboxFileMailbox } from "./mbox_login.ts";
import { MboxStore } from "./mbox_store.ts";

/** What an mbox may be told. */
export interface MboxMailboxOptions {
  /** Refuse DELE; false by default. */
  readonly readOnly?: boolean;
  /**
   * What becomes of a message that is deleted: `remove` it (the default), move it to the trash, the mbox `NAME.trash` in the
   * hidden folder `.pop3svc` beside the mbox, or `keep` it where it is, which is for tests.
   */
  readonly deletePolicy?: DeletePolicy;
  /** One session at a time, also across processes: others hear `[IN-USE]`. False by default. */
  readonly exclusive?: boolean;
}

/**
 * An mbox: one file with many messages, as an export or an old mail spool has them.
 *
 * It is indexed once, and again when it has changed. The unique ids are made of the messages' own octets, without what
 * programs write about a message. A deletion writes a new file that takes the place of the old one, or moves what stays where it
 * is: all or nothing, also when the process is killed in the middle.
 *
 * @param path the file; it is looked at only at each login
 *
 * @example
 * ```ts
 * import { mboxMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
 *
 * const mailbox = mboxMailbox("takeout.mbox", { readOnly: true });
 * const provider = new SingleUserProvider({
 *   username: "me",
 *   password: "passw0rd",
 *   openMailbox: () => mailbox,
 * });
 * ```
 */
export function mboxMailbox(path: string, options: MboxMailboxOptions = {}): Mailbox {
  return mboxFileMailbox(new MboxStore(path, options));
}
