import type { Pop3Events } from "../../events/events.ts";

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
   * How many seconds old a file of a plain folder must be to be served, since a younger one may still be written. By
   * default a login waits, for two seconds at most, until young files have not changed for a quarter of a second. A
   * Maildir does not need this.
   */
  readonly settleTime?: number;
  /**
   * Whether only one session at a time may have the mailbox, also across processes; others get `[IN-USE]`. False by
   * default.
   */
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
  /** Called with an error event for what is left out of a mailbox; like the `onEvent` of a listener. */
  readonly events?: Pop3Events;
}

/** What happens to a deleted message. */
export type DeletePolicy = "remove" | "trash" | "keep";
