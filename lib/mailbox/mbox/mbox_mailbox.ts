/** The mbox mailbox that the library exports. */
import type { Pop3Events } from "../../events/events.ts";
import { checked, checkedOptions, type SettingsTable } from "../../settings/setting.ts";
import {
  type DeletePolicy,
  fileMailboxSettings,
  mailboxPath,
} from "../files/file_mailbox_options.ts";
import type { Mailbox } from "../../provider/mailbox.ts";
import { sharedMailbox } from "../mailbox_store.ts";
import { MboxStore } from "./mbox_store.ts";

/** Options of an mbox mailbox. */
export interface MboxMailboxOptions {
  /** Whether DELE is refused; false by default. */
  readonly readOnly?: boolean;
  /**
   * What happens to a deleted message. `remove`, the default, removes it. `trash` moves it to the mbox `NAME.trash` in
   * the hidden folder `.pop3svc` beside the mbox. `keep` is for tests: the message stays.
   */
  readonly deletePolicy?: DeletePolicy;
  /**
   * Whether only one session at a time may have the mailbox, also across processes; others get `[IN-USE]`. False by
   * default.
   */
  readonly exclusive?: boolean;
  /** Receives what is left out of a mailbox; give it the same function as the listener. */
  readonly onEvent?: Pop3Events;
}

const { readOnly, deletePolicy, exclusive, onEvent } = fileMailboxSettings;
const mboxMailboxSettings: SettingsTable<Required<MboxMailboxOptions>> = {
  readOnly,
  deletePolicy,
  exclusive,
  onEvent,
};

/**
 * An mbox: one file with many messages, as an export or an old mail spool has them.
 *
 * It is indexed once, and again when it has changed. The unique ids are made from the messages' own octets, without
 * the header fields in which programs note something about a message. A deletion writes a new file that replaces the
 * old one, or rewrites the file in place: all or nothing, even if the process is killed in the middle.
 *
 * @throws {RangeError} for an option that is not allowed
 * @throws {TypeError} for one of the wrong kind, or that there is not
 * @param path the file; it need not be there before a login
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
  const store = new MboxStore(
    checked("path", mailboxPath, path),
    checkedOptions(mboxMailboxSettings, options),
  );
  return sharedMailbox(store);
}
