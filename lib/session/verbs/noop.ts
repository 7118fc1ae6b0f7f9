/** NOOP (RFC 1939 section 5); allowed before the login too. */
import { ok, type OkReply } from "../../protocol/reply.ts";

export function noop(): OkReply {
  return ok("There's no-one here but us POP3 services.");
}
