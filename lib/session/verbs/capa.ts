/** CAPA (RFC 2449 section 5). */
import { capabilities } from "../../protocol/capabilities.ts";
import type { ListingReply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import { canStartTls } from "./stls.ts";

export function capaBeforeLogin(context: HandlerContext): ListingReply {
  return capa(context, true);
}

export function capaAfterLogin(context: HandlerContext): ListingReply {
  return capa(context, false);
}

function capa(context: HandlerContext, isBeforeLogin: boolean): ListingReply {
  return {
    type: "listing",
    text: "Capabilities follow...",
    lines: capabilities({
      canLogInWithPassword: isBeforeLogin && mayLogIn(context),
      canStartTls: isBeforeLogin && canStartTls(context),
      serviceName: context.serviceName,
    }),
  };
}
