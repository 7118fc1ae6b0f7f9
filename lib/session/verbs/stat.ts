/** STAT (RFC 1939 section 5): messages and octets, without the deleted ones. */
import { ok, type OkReply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { type Text, verbatim } from "../languages/text.ts";
import type { Transaction } from "../state.ts";

export async function stat(
  _context: HandlerContext,
  { maildrop }: Transaction,
): Promise<OkReply<Text>> {
  const { messages, octets } = await maildrop.total();
  return ok(verbatim(`${messages} ${octets}`));
}
