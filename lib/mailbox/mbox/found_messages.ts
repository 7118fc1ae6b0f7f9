/** What was found in an mbox: places of messages, and doubts. */

/** Where a message is, as offsets in the file. */
export interface MessagePlace {
  /** Where its separator begins. */
  readonly start: number;
  /** Where the next message begins. */
  readonly next: number;
  /** Where what is sent begins and ends. */
  readonly contentStart: number;
  readonly contentEnd: number;
  /** Whether lines of it that begin with `From ` are quoted by a `>`. */
  readonly isQuoted: boolean;
}

/** Lines about which a person may decide otherwise than we do. */
export interface Doubts {
  readonly count: number;
  /** The first of them, without its line end. */
  readonly first: string | null;
}

/** What was found in a file. */
export interface FoundMessages {
  readonly places: readonly MessagePlace[];
  /** Octets before the first message. */
  readonly before: number;
  /** Whether those octets are more than blank lines. */
  readonly isTextBefore: boolean;
  /** Whether the first message has lost its separator. */
  readonly isFirstBare: boolean;
  /** Whether the file has a separator, or the fields of a mail's header. */
  readonly isMbox: boolean;
  readonly doubts: Doubts;
}

/** Where a length leads to: the end of what is sent, and the next separator or the end of the file. */
export interface LengthTarget {
  readonly contentEnd: number;
  readonly next: number;
}

/**
 * Finds where an offset leads to; null if no message ends there.
 *
 * @param isUndated whether separators of the file may have no date
 */
export type TargetOf = (offset: number, isUndated: boolean) => LengthTarget | null;
