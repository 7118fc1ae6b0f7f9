/** DELI, one of billpg's extensions: deletes one message at once, without QUIT. RSET cannot bring it back. */
import { errReply, ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { filled, type Text } from "../languages/text.ts";
import { findMessage } from "../message_number.ts";
import { isReadOnly } from "../read_only.ts";
import type { Transaction } from "../state.ts";
import { update } from "../update.ts";

export async function deli(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply<Text>> {
  const found = await findMessage(context, maildrop, "DELI", argument);
  if (found.type === "error") return found;
  if (await isReadOnly(context, maildrop.mailbox)) {
    return errReply("readOnly", "READ-ONLY");
  }
  const { message } = found;
  const updated = await update(context, maildrop, [message.uniqueId]);
  if (updated.type === "error") return updated;
  maildrop.remove(message);
  return ok(filled("deletedNow", message.uniqueId));
}
