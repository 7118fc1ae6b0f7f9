/**
 * The provider is somebody else's code and may never answer. So the session notes what it waits for, and the log can name
 * it.
 */
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { HandlerContext } from "./handler.ts";

/** The provider, with a note of each operation of a login that the session waits for from then on. */
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
