/** RSET (RFC 1939 section 5). */
import { ok, type OkReply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import type { Transaction } from "../state.ts";

export function rset(
  _context: HandlerContext,
  { maildrop }: Transaction,
): OkReply<Text> {
  maildrop.unmarkAll();
  return ok("unflagged");
}
