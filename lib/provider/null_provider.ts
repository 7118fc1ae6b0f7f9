import type { MailboxProvider } from "./mailbox_provider.ts";

/** Refuses everybody; a listener has it until it is given a provider. */
export const nullProvider: MailboxProvider = {
  name: "null",
  authenticate: () => null,
};
