/** The reply of RETR and TOP, and the events that say what became of it. */
import { counted } from "../protocol/counted.ts";
import type { MessageBody, MessageReply } from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";
import type { Text } from "./languages/text.ts";
import type { ListedMessage } from "./maildrop.ts";

/** A message that is about to be sent. */
export interface Sending {
  readonly verb: "RETR" | "TOP";
  readonly message: ListedMessage;
  /** When the command began, by the clock. */
  readonly startedAt: number;
  /** The size that the client was given; null for none, or where a part of the message is sent. */
  readonly promised: number | null;
}

export function messageReply(
  { clock, emit, info: connection }: HandlerContext,
  { verb, message: { number, uniqueId }, startedAt, promised }: Sending,
  text: Text,
  body: MessageBody,
): MessageReply<Text> {
  const sent = (octets: number, isComplete: boolean) => {
    const milliseconds = clock.now() - startedAt;
    const facts = { number, uniqueId, octets, milliseconds, isComplete };
    emit({ type: "message-sent", connection, verb, ...facts });
    if (!isComplete || promised === null || promised === octets) return;
    const value = `${counted(promised, "octet")} promised, ${octets} sent`;
    emit({ type: "warning", connection, rule: "message-size", value, message: uniqueId });
  };
  return { type: "message", text, body, sent };
}
