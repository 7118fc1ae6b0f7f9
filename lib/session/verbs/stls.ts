/** STLS (RFC 2595 section 4) encrypts the connection, and the session forgets what was said before. */
import { errReply, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { english } from "../languages/english.ts";
import type { Text } from "../languages/text.ts";
import { loggedOut, type Transition, transition } from "../state.ts";

/** Whether STLS can succeed on the connection as it is now. */
export function canStartTls({ info, offersTls }: HandlerContext): boolean {
  return offersTls && !info.isSecure;
}

export function stls(context: HandlerContext): Reply<Text> | Transition {
  if (context.info.isSecure) return errReply("alreadySecure");
  if (!canStartTls(context)) return errReply("notAvailable");
  // RFC 2595 section 4: what was agreed on in clear is forgotten, the language too.
  context.texts = english;
  context.speaksUtf8 = false;
  return transition(loggedOut, { type: "start-tls", text: "beginTls" });
}
