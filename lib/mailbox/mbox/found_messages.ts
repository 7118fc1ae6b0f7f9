/** What was found in an mbox. */

/** Where a message is. Offsets are those of the file. */
export interface MessagePlace {
  /** Where its separator begins. */
  readonly start: number;
  /** Where the next message begins. */
  readonly next: number;
  /** Where what is sent begins and ends. */
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly isQuoted: boolean;
}

/** Lines of which a person may think otherwise than we do. */
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
  /** Whether they are more than blank lines. */
  readonly isTextBefore: boolean;
  /** Whether the first message has lost its separator. */
  readonly isFirstBare: boolean;
  /** Whether there is a separator, or else the fields of a mail's header. */
  readonly isMbox: boolean;
  readonly doubts: Doubts;
}

/** Where a length leads to: the end of what is sent, and the separator, or the end of the file. */
export interface LengthTarget {
  readonly contentEnd: number;
  readonly next: number;
}

/**
 * Says where an offset leads to; null if that is no end of a message.
 *
 * @param isUndated whether separators of the file may have no date
 */
export type TargetOf = (offset: number, isUndated: boolean) => LengthTarget | null;
