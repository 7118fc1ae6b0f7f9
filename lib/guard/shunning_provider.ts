import type { MailboxProvider, UserSecret, UserSecrets } from "../mailbox/mailbox_provider.ts";

/** Offers whatever the provider offers, and refuses everyone without asking it: for peers that are banned. */
export function shunningProvider(provider: MailboxProvider): MailboxProvider {
  const { name, authenticateToken, secrets } = provider;
  return {
    name,
    authenticate: () => null,
    ...(authenticateToken === undefined ? {} : { authenticateToken: () => null }),
    ...(secrets === undefined || secrets === null ? {} : { secrets: shunningSecrets(secrets) }),
  };
}

/**
 * The salts stay what they are: one that changes with the ban would tell that its user is known. Nothing can be proved
 * with them.
 */
function shunningSecrets(secrets: UserSecrets): UserSecrets {
  const { offers, challengeFor } = secrets;
  return {
    offers,
    secretOf: async (info, username): Promise<UserSecret | null> => {
      const secret = await secrets.secretOf(info, username);
      if (secret?.type !== "scram-sha-256") return null;
      const nobodys = crypto.getRandomValues(new Uint8Array(32));
      const verifier = { ...secret.verifier, storedKey: nobodys, serverKey: nobodys };
      return { type: "scram-sha-256", verifier };
    },
    ...(challengeFor === undefined ? {} : { challengeFor: challengeFor.bind(secrets) }),
    openMailbox: () => null,
  };
}
