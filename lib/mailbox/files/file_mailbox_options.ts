import type { Pop3Events } from "../../events/events.ts";
import {
  callback,
  flag,
  oneOf,
  orNull,
  seconds,
  type SettingsTable,
  text,
  wholeNumber,
} from "../../settings/setting.ts";

/** The options of a mailbox of files. */
export interface FileMailboxOptions {
  /** Whether DELE is refused; false by default. */
  readonly readOnly?: boolean;
  /**
   * What happens to a deleted message. `remove`, the default, removes it. `trash` moves it to the folder `trash` in the
   * server's hidden folder. `keep` is for tests: the message stays, although the client believes that it is gone.
   */
  readonly deletePolicy?: DeletePolicy;
  /**
   * Seconds: a file of a plain folder that is younger is never served, since it may still be written. By default a login
   * waits until young files have been quiet for a quarter of a second, for two seconds at most. A Maildir needs no such
   * rule and has none. Null, the default, is that wait.
   */
  readonly settleTime?: number | null;
  /** Whether one session at a time has the mailbox, also across processes: others get `[IN-USE]`. False by default. */
  readonly exclusive?: boolean;
  /**
   * Whether a mailbox of another user than the server's own serves only files that belong to its owner. For users who
   * may write files in their mailboxes themselves. It needs a `stateDirectory`. False by default.
   */
  readonly ownersOnly?: boolean;
  /**
   * With `ownersOnly`, the uid of the mailbox's user: an mbox in a folder where others may make files must belong to
   * that user. Null, the default, where it is not known.
   */
  readonly uid?: number | null;
  /** A folder of the server's own user, for files that must not lie in mailboxes of other users. None by default. */
  readonly stateDirectory?: string | null;
  /** Receives what is left out of a mailbox; give it the same function as the listener. */
  readonly onEvent?: Pop3Events;
}

/** What happens to a deleted message. */
export type DeletePolicy = "remove" | "trash" | "keep";

export const mailboxPath = text(/./s, "the path of the mailbox", "");

export const fileMailboxSettings: SettingsTable<Required<FileMailboxOptions>> = {
  readOnly: flag(false),
  deletePolicy: oneOf<DeletePolicy>(["remove", "trash", "keep"]),
  settleTime: orNull(seconds(0, 3_600, 0)),
  exclusive: flag(false),
  ownersOnly: flag(false),
  uid: orNull(wholeNumber(0, 4_294_967_294, 0)),
  stateDirectory: orNull(text(/./s, "the path of a folder, or null", "")),
  onEvent: callback<Pop3Events>(() => {}),
};
