import type { MailboxProvider } from "./mailbox_provider.ts";

/**
 * Refuses everybody; a listener has it until it is given a provider.
 *
 * @example
 * ```ts
 * import { nullProvider, Pop3Listener } from "@pop3svc/pop3svc";
 *
 * await using pop3 = new Pop3Listener();
 * console.assert(pop3.provider === nullProvider);
 * ```
 */
export const nullProvider: MailboxProvider = {
  name: "null",
  authenticate: () => null,
};
