/**
 * WAKE, of billpg's extensions: a new snapshot with new numbers, and whether there is anything in it that the old one
 * did not have. Where it fails the session sleeps on.
 */
import { error, type ErrorReply, ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { openMaildrop, releaseMailbox } from "../log_in.ts";
import { type Asleep, enter, type Transition } from "../state.ts";

export async function wake(context: HandlerContext, asleep: Asleep): Promise<Reply | Transition> {
  const { info, provider, emit } = context;
  context.waitFor("reopenMailbox");
  const userName = info.userNameAtLogin ?? "";
  const mailbox = provider.reopenMailbox === undefined
    ? asleep.mailbox
    : await provider.reopenMailbox(info, userName);
  if (mailbox === null) return error("Your login is no longer good.", "AUTH");
  const opened = await openMaildrop(context, mailbox, "message");
  if (opened.type === "error") {
    await releaseMailbox(context, mailbox);
    return opened;
  }
  const { maildrop } = opened;
  const isNew = hasNew(asleep.uniqueIds, maildrop.uniqueIds);
  emit({ type: "wake", connection: info, messages: maildrop.count, hasNew: isNew });
  const code = isNew ? "ACTIVITY/NEW" : "ACTIVITY/NONE";
  return enter({ phase: "TRANSACTION", maildrop }, ok("Welcome back.", code));
}

export function wakeAwake(): ErrorReply {
  return error("You are awake already.");
}

function hasNew(before: readonly string[], now: readonly string[]): boolean {
  if (before === now) return false;
  const known = new Set(before);
  return now.some((uniqueId) => !known.has(uniqueId));
}
