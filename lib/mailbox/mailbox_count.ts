/** How much is in a mailbox, for the line that says that the server is ready. */
export interface MailboxCount {
  readonly messages: number;
  /** What is left out although somebody would miss it, and what to do about it. */
  readonly leftOut: readonly string[];
}
