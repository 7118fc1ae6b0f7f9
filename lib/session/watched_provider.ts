/**
 * Wraps a provider so that the session notes each operation that it waits for. A provider may never answer, and then the
 * log names the operation.
 */
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { HandlerContext } from "./handler.ts";

/** The provider, which notes each operation of a login as it begins. */
export function watchedProvider(
  provider: MailboxProvider,
  waitFor: HandlerContext["waitFor"],
): MailboxProvider {
  const { secrets, canonicalUsername } = provider;
  const watched =
    <A extends readonly unknown[], R>(operation: string, ask: (...args: A) => R) =>
    (...args: A): R => {
      waitFor(operation);
      return ask(...args);
    };
  return {
    authenticate: watched("authenticate", (...args) => provider.authenticate(...args)),
    ...(provider.authenticateToken === undefined ? {} : {
      authenticateToken: watched(
        "authenticateToken",
        (...args) => provider.authenticateToken?.(...args) ?? null,
      ),
    }),
    ...(canonicalUsername === undefined ? {} : {
      canonicalUsername: watched("canonicalUsername", canonicalUsername.bind(provider)),
    }),
    ...(secrets === undefined || secrets === null ? {} : {
      secrets: {
        offers: secrets.offers,
        secretOf: watched("secretOf", (...args) => secrets.secretOf(...args)),
        ...(secrets.challengeFor === undefined
          ? {}
          : { challengeFor: watched("challengeFor", secrets.challengeFor.bind(secrets)) }),
        openMailbox: watched("openMailbox", (...args) => secrets.openMailbox(...args)),
      },
    }),
  };
}
