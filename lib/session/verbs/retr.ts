/** RETR (RFC 1939 section 5). */
import { counted } from "../../protocol/counted.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { findMessage } from "../message_number.ts";
import { isReadOnly } from "../read_only.ts";
import { openMessage } from "../open_message.ts";
import type { Transaction } from "../state.ts";

export async function retr(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply<Text>> {
  const found = await findMessage(context, maildrop, "RETR", argument);
  if (found.type === "error") return found;
  const isKept = context.settings.expire !== 0 || await isReadOnly(context, maildrop.mailbox);
  const body = await openMessage(context, maildrop.mailbox, found.message.uniqueId);
  if ("type" in body) return body;
  // EXPIRE 0 (RFC 2449 section 6.7): a message that was read is deleted in UPDATE.
  if (!isKept) maildrop.markRetrieved(found.message);
  const { uniqueId } = found.message;
  const promised = maildrop.knownSizeOf(found.message);
  const sent = (octets: number) => {
    if (promised === null || promised === octets) return;
    const value = `${counted(promised, "octet")} promised, ${octets} sent`;
    context.emit({
      type: "warning",
      connection: context.info,
      rule: "message-size",
      value,
      message: uniqueId,
    });
  };
  return { type: "message", text: "messageFollows", body, sent };
}
