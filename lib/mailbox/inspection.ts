/** What is in a mailbox, for a person who wants to know what would be served and what would not. */

/** Found by looking at every message. */
export interface Inspection {
  readonly messages: number;
  /** Of all messages, as sent. */
  readonly octets: number;
  /** Unique ids that are not the names of their messages, and those. */
  readonly derived: readonly string[];
  /** Files that may still be written by another program. */
  readonly unsettled: number;
  /** What the next one who opens the mailbox will finish, undo or remove. */
  readonly leftovers: readonly string[];
  /** What keeps mail from being served, each with what to do about it. */
  readonly faults: readonly string[];
  /** What may be wrong. */
  readonly warnings: readonly string[];
}

/** Is told how many of all messages have been looked at. */
export type InspectionProgress = (done: number, all: number) => void;
