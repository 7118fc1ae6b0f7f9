/** APOP (RFC 1939 section 7): a digest of the greeting's timestamp and of a secret that both sides know. */
import { prepared } from "../../auth/prepared_text.ts";
import { timingSafeEqual } from "../../auth/timing_safe_equal.ts";
import type { Mailbox } from "../../provider/mailbox.ts";
import type { MailboxProvider } from "../../provider/mailbox_provider.ts";
import { errReply, type Reply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { logIn, stlsFirst } from "../log_in.ts";
import type { Authorization, Transition } from "../state.ts";

/** Whether users of this provider can log in with APOP on the connection as it is now. */
export function offersApop(
  context: HandlerContext,
): boolean {
  return mayLogIn(context) && context.provider.secrets?.offers === "apop-and-scram";
}

export function apop(
  context: HandlerContext,
  _state: Authorization,
  argument: string,
): Reply<Text> | Promise<Transition> {
  if (!mayLogIn(context)) return stlsFirst(context, "APOP");
  const { apopTimestamp } = context;
  if (apopTimestamp === null) return errReply("notAvailable");
  const [, username, digest] = /^(.+) ([0-9a-fA-F]{32})$/.exec(argument) ?? [];
  if (username === undefined || digest === undefined) {
    return errReply("apopTakes");
  }
  return logIn(
    context,
    "APOP",
    username,
    null,
    (provider) => authenticate(context, provider, username, apopTimestamp, digest),
  );
}

async function authenticate(
  { info }: HandlerContext,
  { secrets }: MailboxProvider,
  username: string,
  timestamp: string,
  digest: string,
): Promise<Mailbox | null> {
  const secret = await secrets?.secretOf(info, username) ?? null;
  const { createHash } = await import("node:crypto");
  const password = secret?.type === "plain" ? secret.password : crypto.randomUUID();
  // A client digests what its user typed: the password as it is stored, or another Unicode form of it.
  const forms = [password, await prepared(password)].map((form) => {
    const right = createHash("md5").update(timestamp + form).digest("hex");
    return timingSafeEqual(right, digest.toLowerCase());
  });
  const isRight = forms.includes(true);
  return isRight && secret !== null ? await secrets?.openMailbox(info, username) ?? null : null;
}
