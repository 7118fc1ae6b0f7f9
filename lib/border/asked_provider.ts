/** A provider as a session asks it at a login: each operation through the border. */
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider, UserSecrets } from "../provider/mailbox_provider.ts";
import { aChallenge, aUsername, mailboxOrNull, secretOrNull } from "./answers.ts";
import { AskedMailbox } from "./asked_mailbox.ts";
import type { Operations } from "./operations.ts";

export function askedProvider(provider: MailboxProvider, operations: Operations): MailboxProvider {
  const { secrets } = provider;
  return {
    authenticate: (...given) =>
      askForMailbox(operations, "authenticate", () => provider.authenticate(...given)),
    ...(provider.authenticateToken === undefined ? {} : {
      authenticateToken: (info: ConnectionInfo, username: string | null, token: string) =>
        askForMailbox(
          operations,
          "authenticateToken",
          () => provider.authenticateToken?.(info, username, token),
        ),
    }),
    ...(provider.canonicalUsername === undefined ? {} : {
      canonicalUsername: (username: string) =>
        operations.ask(
          "canonicalUsername",
          null,
          () => provider.canonicalUsername?.(username),
          aUsername,
        ),
    }),
    ...(provider.reopenMailbox === undefined ? {} : {
      reopenMailbox: (info: ConnectionInfo, username: string) =>
        askForMailbox(operations, "reopenMailbox", () => provider.reopenMailbox?.(info, username)),
    }),
    ...(secrets === undefined || secrets === null
      ? {}
      : { secrets: askedSecrets(secrets, operations) }),
  };
}

function askedSecrets(secrets: UserSecrets, operations: Operations): UserSecrets {
  return {
    offers: secrets.offers,
    secretOf: (...given) =>
      operations.ask("secretOf", null, () => secrets.secretOf(...given), secretOrNull),
    ...(secrets.challengeFor === undefined ? {} : {
      challengeFor: (username: string) =>
        operations.ask("challengeFor", null, () => secrets.challengeFor?.(username), aChallenge),
    }),
    openMailbox: (...given) =>
      askForMailbox(operations, "openMailbox", () => secrets.openMailbox(...given)),
  };
}

function askForMailbox(
  operations: Operations,
  operation: string,
  question: () => unknown,
): Awaitable<Mailbox | null> {
  return operations.ask(operation, null, question, (value, ...of) => {
    const mailbox = mailboxOrNull(value, ...of);
    return mailbox === null ? null : new AskedMailbox(mailbox, operations);
  });
}
