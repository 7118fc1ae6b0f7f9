/** NOOP (RFC 1939 section 5), which is allowed before the login, too. */
import { ok, type OkReply } from "../../protocol/reply.ts";
import type { Text } from "../languages/text.ts";

export function noop(): OkReply<Text> {
  return ok("noop");
}
