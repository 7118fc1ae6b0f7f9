/** TOP (RFC 1939 section 7): the header, the blank line, and some lines of the body. */
import { HeadCutter } from "../../protocol/message_head.ts";
import { errReply, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { filled, type Text } from "../languages/text.ts";
import { findMessage } from "../message_number.ts";
import { messageReply } from "../message_reply.ts";
import { openMessage } from "../open_message.ts";
import type { Transaction } from "../state.ts";

export async function top(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply<Text>> {
  const [, number, lines] = /^(\S+) +(\d+)$/.exec(argument) ?? [];
  if (number === undefined || lines === undefined) {
    return errReply("topTakes");
  }
  const startedAt = context.clock.now();
  const found = await findMessage(context, maildrop, "TOP", number);
  if (found.type === "error") return found;
  const body = await openMessage(
    context,
    maildrop.mailbox,
    found.message.uniqueId,
    new HeadCutter(Number(lines)),
  );
  if ("type" in body) return body;
  return messageReply(
    context,
    { verb: "TOP", message: found.message, startedAt, promised: null },
    filled("headFollows", Number(lines)),
    body,
  );
}
