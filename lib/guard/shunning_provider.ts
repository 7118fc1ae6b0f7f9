import type { MailboxProvider } from "../mailbox/mailbox_provider.ts";

/** Offers whatever the provider offers, and refuses everyone without asking it: for peers that are banned. */
export function shunningProvider(provider: MailboxProvider): MailboxProvider {
  const { name, authenticateToken, secrets } = provider;
  return {
    name,
    authenticate: () => null,
    ...(authenticateToken === undefined ? {} : { authenticateToken: () => null }),
    ...(secrets === undefined || secrets === null ? {} : {
      secrets: { offers: secrets.offers, secretOf: () => null, openMailbox: () => null },
    }),
  };
}
