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
   * What becomes of a message that is deleted: `remove` it (the default), move it to the `trash` in our hidden
   * folder, or `keep` it where it is, which is for tests: the client believes that it is gone.
   */
  readonly deletePolicy?: DeletePolicy;
  /**
   * Seconds: a file of a plain folder that is younger is never served, since it may still be written. By default a login
   * waits until young files have been quiet for a quarter of a second, for two seconds at most. A Maildir needs no such
   * rule and has none. Null, the default, is that wait.
   */
  readonly settleTime?: number | null;
  /** Whether one session at a time has the mailbox, also across processes: others hear `[IN-USE]`. False by default. */
  readonly exclusive?: boolean;
  /**
   * Whether in a mailbox that belongs to another user than the server's own only what belongs to its owner is served.
   * For mailboxes of users who may write files there themselves. It needs a `stateDirectory`. False by default.
   */
  readonly ownersOnly?: boolean;
  /**
   * With `ownersOnly`, the uid of the user whose mailbox it is: an mbox in a folder where others may make files must
   * belong to it. Null, the default, where none is known.
   */
  readonly uid?: number | null;
  /** A folder of the server's own user, for what must not lie in mailboxes of others. None by default. */
  readonly stateDirectory?: string | null;
  /** Receives what is left out of a mailbox; give it the same function as the listener. */
  readonly onEvent?: Pop3Events;
}

/** What becomes of a message that is deleted. */
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
