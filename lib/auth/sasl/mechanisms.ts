/** The mechanisms by name, the best one first, because some clients take the first one that they know. */
import type { MailboxProvider } from "../../provider/mailbox_provider.ts";
import { oauthbearer, xoauth2 } from "./bearer.ts";
import { login } from "./login.ts";
import type { Mechanism } from "./mechanism.ts";
import { plain } from "./plain.ts";
import { scramSha256 } from "./scram_sha_256.ts";

export const mechanisms: ReadonlyMap<string, Mechanism> = new Map([
  ["SCRAM-SHA-256", scramSha256],
  ["PLAIN", plain],
  ["LOGIN", login],
  ["OAUTHBEARER", oauthbearer],
  ["XOAUTH2", xoauth2],
]);

/** The names of the mechanisms that users of this provider can log in with. */
export function mechanismsOf(provider: MailboxProvider): string[] {
  return [...mechanisms].filter(([, mechanism]) => mechanism.isOfferedBy(provider)).map(([name]) =>
    name
  );
}
