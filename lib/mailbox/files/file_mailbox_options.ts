import type { Pop3Events } from "../../events/events.ts";

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
   * rule and has none.
   */
  readonly settleTime?: number;
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
  /** Receives what is left out of a mailbox; the same as a listener's. */
  readonly events?: Pop3Events;
}

/** What becomes of a message that is deleted. */
export type DeletePolicy = "remove" | "trash" | "keep";
