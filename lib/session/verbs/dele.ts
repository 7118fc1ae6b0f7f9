/** DELE (RFC 1939 section 5): marks a message; QUIT deletes it. */
import { errReply, ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { filled, type Text } from "../languages/text.ts";
import { findMessage } from "../message_number.ts";
import { isReadOnly } from "../read_only.ts";
import type { Transaction } from "../state.ts";

export async function dele(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply<Text>> {
  const found = await findMessage(context, maildrop, "DELE", argument);
  if (found.type === "error") return found;
  if (await isReadOnly(context, maildrop.mailbox)) {
    return errReply("readOnly", "READ-ONLY");
  }
  // A mailbox throws when another message has taken its place. One that is gone may be marked: it is deleted already.
  await maildrop.mailbox.messageExists(context.info, found.message.uniqueId);
  maildrop.markDeleted(found.message);
  return ok(filled("flagged", found.message.uniqueId));
}
