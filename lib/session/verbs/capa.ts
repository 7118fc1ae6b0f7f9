/** CAPA (RFC 2449 section 5). */
import { mechanismsOf } from "../../auth/sasl/mechanisms.ts";
import { capabilities } from "../../protocol/capabilities.ts";
import type { ListingReply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { canStartTls } from "./stls.ts";

export function capaBeforeLogin(context: HandlerContext): ListingReply<Text> {
  return capa(context, true);
}

export function capaAfterLogin(context: HandlerContext): ListingReply<Text> {
  return capa(context, false);
}

function capa(context: HandlerContext, isBeforeLogin: boolean): ListingReply<Text> {
  const { settings } = context;
  const canLogIn = isBeforeLogin && mayLogIn(context);
  return {
    type: "listing",
    text: "capabilitiesFollow",
    lines: capabilities({
      canLogInWithPassword: canLogIn,
      mechanisms: canLogIn ? mechanismsOf(context.provider) : [],
      canStartTls: isBeforeLogin && canStartTls(context),
      expire: settings.expire,
      loginDelay: settings.loginDelay,
      isSecure: context.info.isSecure,
      marksMultiLine: settings.multiLineInd,
      serviceName: settings.serviceName,
    }),
  };
}
