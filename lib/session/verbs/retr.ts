/** RETR (RFC 1939 section 5). */
import { type Awaitable, type Reply, then } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import type { Maildrop } from "../maildrop.ts";
import { findMessage } from "../message_number.ts";
import { messageReply } from "../message_reply.ts";
import { isReadOnly } from "../read_only.ts";
import { openMessage } from "../open_message.ts";
import type { Transaction } from "../state.ts";

export function retr(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Awaitable<Reply<Text>> {
  const startedAt = context.clock.now();
  return then(findMessage(context, maildrop, "RETR", argument), (found) => {
    if (found.type === "error") return found;
    const { message } = found;
    return then(
      isKept(context, maildrop),
      (isKept) =>
        then(openMessage(context, maildrop.mailbox, message.uniqueId), (body) => {
          if ("type" in body) return body;
          if (!isKept) maildrop.markRetrieved(message);
          const promised = maildrop.knownSizeOf(message);
          const sending = { verb: "RETR", message, startedAt, promised } as const;
          return messageReply(context, sending, "messageFollows", body);
        }),
    );
  });
}

/** EXPIRE 0 (RFC 2449 section 6.7): a message that was read is deleted in UPDATE. */
function isKept(context: HandlerContext, { mailbox }: Maildrop): Awaitable<boolean> {
  return context.settings.expire !== 0 || isReadOnly(context, mailbox);
}
