/** What the ready line of the server says about a mailbox. */
export interface MailboxCount {
  readonly messages: number;
  /** What is left out although somebody may miss it, and what to do about it. */
  readonly leftOut: readonly string[];
}
