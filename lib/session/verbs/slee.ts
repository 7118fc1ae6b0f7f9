/**
 * SLEE, one of billpg's extensions: commits like QUIT, releases the mailbox, and keeps the connection and the login. A
 * sleeping session holds nothing but the list of its last snapshot, which it shares with others.
 */
import { ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { filled, type Text } from "../languages/text.ts";
import { releaseMailbox } from "../log_in.ts";
import { type Transaction, type Transition, transition } from "../state.ts";
import { update } from "../update.ts";

export async function slee(
  context: HandlerContext,
  { maildrop }: Transaction,
): Promise<Reply<Text> | Transition> {
  const updated = await update(context, maildrop);
  if (updated.type === "error") return updated;
  const { mailbox, list } = maildrop;
  await releaseMailbox(context, mailbox);
  context.emit({ type: "sleep", connection: context.info });
  return transition(
    { phase: "ASLEEP", mailbox, list },
    ok(filled("asleep", updated.count)),
  );
}
