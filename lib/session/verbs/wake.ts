/**
 * WAKE, one of billpg's extensions: takes a new snapshot with new numbers, and says whether it holds a message that the
 * old one did not. Where it fails the session stays asleep.
 */
import { askedProvider } from "../../border/asked_provider.ts";
import { type ErrorReply, errReply, ok, type Reply } from "../../protocol/reply.ts";
import type { MessageList } from "../../provider/message_list.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { openMaildrop, releaseMailbox } from "../log_in.ts";
import { type Asleep, type Transition, transition } from "../state.ts";

export async function wake(
  context: HandlerContext,
  asleep: Asleep,
): Promise<Reply<Text> | Transition> {
  const { info, emit } = context;
  const provider = askedProvider(context.provider, context.operations);
  const username = info.username ?? "";
  const mailbox = provider.reopenMailbox === undefined
    ? asleep.mailbox
    : await provider.reopenMailbox(info, username);
  if (mailbox === null) return errReply("loginOver", "AUTH");
  const opened = await openMaildrop(context, mailbox, "message");
  if (opened.type === "error") {
    await releaseMailbox(context, mailbox);
    return opened;
  }
  const { maildrop } = opened;
  const isNew = hasNew(asleep.list, maildrop.list);
  emit({ type: "wake", connection: info, messages: maildrop.list.count, hasNew: isNew });
  const code = isNew ? "ACTIVITY/NEW" : "ACTIVITY/NONE";
  return transition({ phase: "TRANSACTION", maildrop }, ok("welcomeBack", code));
}

export function wakeAwake(): ErrorReply<Text> {
  return errReply("alreadyAwake");
}

function hasNew(before: MessageList, now: MessageList): boolean {
  return before !== now &&
    now.uniqueIds.some((uniqueId) => before.numberOf(uniqueId) === undefined);
}
