/**
 * Wraps a provider so that the guard decides on each question of a login before the provider hears it. The guard sees
 * the canonical name; otherwise each spelling of a name would have its own tries.
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
        // The client has proved by now who it is, so the guard is not asked.
        openMailbox: (info, username) => secrets.openMailbox(info, username),
      },
    }),
  };
}

/** The one name for all spellings of it. */
export async function canonicalUsername(
  provider: MailboxProvider,
  username: string,
): Promise<string> {
  return await provider.canonicalUsername?.(username) ?? username;
}

/** The secret of a user; where the guard refuses, one that no proof matches. */
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

/** The secret with random keys. The salt stays: a salt that changed with a ban would reveal that the user exists. */
function withoutKeys(secret: UserSecret | null): UserSecret | null {
  if (secret?.type !== "scram-sha-256") return null;
  const random = crypto.getRandomValues(new Uint8Array(32));
  const verifier = { ...secret.verifier, storedKey: random, serverKey: random };
  return { type: "scram-sha-256", verifier };
}
