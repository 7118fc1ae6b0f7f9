/** What is in a mailbox, for `check`: what would be served, and what would not. */

/** The result of reading every message. */
export interface Inspection {
  readonly messages: number;
  /** The octets of all messages together, as sent. */
  readonly octets: number;
  /** Unique ids that differ from the names of their messages, each with that name. */
  readonly derived: readonly string[];
  /** Files that may still be written by another program. */
  readonly unsettled: number;
  /** What the next login will finish, undo or remove. */
  readonly leftovers: readonly string[];
  /** Why some mail cannot be served, each reason with what to do about it. */
  readonly faults: readonly string[];
  /** What may be wrong. */
  readonly warnings: readonly string[];
}

/** Called as messages are read: how many of how many. */
export type InspectionProgress = (done: number, all: number) => void;
