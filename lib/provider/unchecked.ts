/**
 * Marks a mailbox whose list is shown to clients as it is, whatever is wrong with it: for servers that misbehave on
 * purpose, so that clients can be tested.
 */
export const UNCHECKED: unique symbol = Symbol("unchecked");

/** A mailbox that may be marked. */
export interface MarkedMailbox {
  readonly [UNCHECKED]?: true;
}

export function isUnchecked(mailbox: object): boolean {
  return UNCHECKED in mailbox;
}
