/** STLS (RFC 2595 section 4): from here on the line is encrypted, and what was said before it is forgotten. */
import { errReply, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { english } from "../languages/english.ts";
import type { Text } from "../languages/text.ts";
import { loggedOut, type Transition, transition } from "../state.ts";

/** Would STLS succeed on the line as it is now? */
export function canStartTls({ info, offersTls }: HandlerContext): boolean {
  return offersTls && !info.isSecure;
}

export function stls(context: HandlerContext): Reply<Text> | Transition {
  if (context.info.isSecure) return errReply("alreadySecure");
  if (!canStartTls(context)) return errReply("notAvailable");
  // RFC 2595 section 4: what was agreed on in clear is forgotten, language and all.
  context.texts = english;
  context.speaksUtf8 = false;
  return transition(loggedOut, { type: "start-tls", text: "beginTls" });
}
