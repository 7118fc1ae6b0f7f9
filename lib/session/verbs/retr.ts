/** RETR (RFC 1939 section 5). */
import type { Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { findMessage } from "../message_number.ts";
import { messageReply } from "../message_reply.ts";
import { isReadOnly } from "../read_only.ts";
import { openMessage } from "../open_message.ts";
import type { Transaction } from "../state.ts";

export async function retr(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply<Text>> {
  const startedAt = context.clock.now();
  const found = await findMessage(context, maildrop, "RETR", argument);
  if (found.type === "error") return found;
  const isKept = context.settings.expire !== 0 || await isReadOnly(context, maildrop.mailbox);
  const body = await openMessage(context, maildrop.mailbox, found.message.uniqueId);
  if ("type" in body) return body;
  // EXPIRE 0 (RFC 2449 section 6.7): a message that was read is deleted in UPDATE.
  if (!isKept) maildrop.markRetrieved(found.message);
  const { message } = found;
  const promised = maildrop.knownSizeOf(message);
  return messageReply(
    context,
    { verb: "RETR", message, startedAt, promised },
    "messageFollows",
    body,
  );
}
