/**
 * UTF8 (RFC 6856 section 2): replies may hold UTF-8 from now on. Names and passwords always may (UTF8 USER), and
 * messages are never rewritten.
 */
import { ok, type OkReply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";

export function utf8(context: HandlerContext): OkReply<Text> {
  context.speaksUtf8 = true;
  return ok("utf8");
}
