/** CAPA (RFC 2449 section 5). */
import { capabilities } from "../../protocol/capabilities.ts";
import type { ListingReply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";

export function capaBeforeLogin(context: HandlerContext): ListingReply {
  return capa(context, context.passwordsAllowed);
}

export function capaAfterLogin(context: HandlerContext): ListingReply {
  return capa(context, false);
}

function capa(
  { serviceName }: HandlerContext,
  canLogInWithPassword: boolean,
): ListingReply {
  return {
    type: "listing",
    text: "Capabilities follow...",
    lines: capabilities({ canLogInWithPassword, serviceName }),
  };
}
