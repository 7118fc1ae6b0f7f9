/**
 * Offers whatever the provider offers, and has each question of a login wait for what the guard says of it. The guard
 * goes by the canonical name: else each spelling of a name would have tries of its own.
 */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { MailboxProvider, UserSecret, UserSecrets } from "../provider/mailbox_provider.ts";
import type { LoginAttempt } from "./login_guard.ts";

export function guardedProvider(provider: MailboxProvider, attempt: LoginAttempt): MailboxProvider {
  const { secrets } = provider;
  return {
    authenticate: async (info, username, secret) =>
      await attempt.ask(
        { type: "password", username: await canonicalUsername(provider, username), secret },
        () => provider.authenticate(info, username, secret),
      ),
    ...(provider.authenticateToken === undefined ? {} : {
      authenticateToken: async (info, username, secret) =>
        await attempt.ask(
          { type: "token", username: await canonicalUsername(provider, username ?? ""), secret },
          () => provider.authenticateToken?.(info, username, secret) ?? null,
        ),
    }),
    ...(secrets === undefined || secrets === null ? {} : {
      secrets: {
        offers: secrets.offers,
        secretOf: (info, username) => secretOf(provider, secrets, attempt, info, username),
        ...(secrets.challengeFor === undefined
          ? {}
          : { challengeFor: secrets.challengeFor.bind(secrets) }),
        // The client has proved it by then.
        openMailbox: (info, username) => secrets.openMailbox(info, username),
      },
    }),
  };
}

/** What the spellings of a name have in common. */
export async function canonicalUsername(
  provider: MailboxProvider,
  username: string,
): Promise<string> {
  return await provider.canonicalUsername?.(username) ?? username;
}

/** Of one that the guard turns away, a secret with which nothing can be proved. */
async function secretOf(
  provider: MailboxProvider,
  secrets: UserSecrets,
  attempt: LoginAttempt,
  info: ConnectionInfo,
  username: string,
): Promise<UserSecret | null> {
  let isAsked = false;
  const canonical = await canonicalUsername(provider, username);
  const secret = await attempt.ask({ type: "proof", username: canonical }, () => {
    isAsked = true;
    return secrets.secretOf(info, username);
  });
  return isAsked ? secret : withoutKeys(await secrets.secretOf(info, username));
}

/** Its salt stays what it is: one that changes with a ban would tell that its user is known. */
function withoutKeys(secret: UserSecret | null): UserSecret | null {
  if (secret?.type !== "scram-sha-256") return null;
  const nobodys = crypto.getRandomValues(new Uint8Array(32));
  const verifier = { ...secret.verifier, storedKey: nobodys, serverKey: nobodys };
  return { type: "scram-sha-256", verifier };
}
