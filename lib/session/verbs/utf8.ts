/**
 * UTF8 (RFC 6856 section 2): replies may hold UTF-8 from here on. Names and passwords may in any case (UTF8 USER), and
 * a message is sent as it is, whatever it holds.
 */
import { ok, type OkReply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";

export function utf8(context: HandlerContext): OkReply<Text> {
  context.speaksUtf8 = true;
  return ok("utf8");
}
