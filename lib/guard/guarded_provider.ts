/** Offers whatever the provider offers, and has each question of a login wait for what the guard says of it. */
import type { MailboxProvider } from "../mailbox/mailbox_provider.ts";
import type { LoginAttempt } from "./login_attempt.ts";

export function guardedProvider(provider: MailboxProvider, attempt: LoginAttempt): MailboxProvider {
  const { secrets } = provider;
  return {
    name: provider.name,
    authenticate: (info, username, secret) =>
      attempt.ask(
        { type: "password", username, secret },
        () => provider.authenticate(info, username, secret),
      ),
    ...(provider.authenticateToken === undefined ? {} : {
      authenticateToken: (info, username, secret) =>
        attempt.ask(
          { type: "token", username: username ?? "", secret },
          () => provider.authenticateToken?.(info, username, secret) ?? null,
        ),
    }),
    ...(secrets === undefined || secrets === null ? {} : {
      secrets: {
        offers: secrets.offers,
        secretOf: (info, username) =>
          attempt.ask({ type: "proof", username }, () => secrets.secretOf(info, username)),
        // The client has proved it by then.
        openMailbox: (info, username) => secrets.openMailbox(info, username),
      },
    }),
  };
}
