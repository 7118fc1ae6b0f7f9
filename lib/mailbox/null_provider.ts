import type { MailboxProvider } from "./mailbox.ts";

/** Refuses everyone; what a listener has before it is given a provider. */
export const nullProvider: MailboxProvider = {
  name: "null",
  authenticate: () => null,
};
