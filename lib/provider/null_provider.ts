import type { MailboxProvider } from "./mailbox_provider.ts";

/** Refuses everyone; what a listener has before it is given a provider. */
export const nullProvider: MailboxProvider = {
  name: "null",
  authenticate: () => null,
};
