/**
 * Marks a mailbox whose list clients get as it is, whatever is wrong with it: for servers that misbehave on purpose,
 * so that clients can be tested.
 */
export const UNCHECKED: unique symbol = Symbol("unchecked");

/** A mailbox that may be marked. */
export interface MarkedMailbox {
  readonly [UNCHECKED]?: true;
}

/** Whether the list of a mailbox is shown as it is. */
export function isUnchecked(mailbox: object): boolean {
  return UNCHECKED in mailbox;
}
