/** QAUT, one of billpg's extensions: QUIT that keeps the connection, so that another user can log in. */
import { ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { releaseMailbox } from "../log_in.ts";
import { loggedOut, type Transaction, type Transition, transition } from "../state.ts";
import { update } from "../update.ts";

export async function qaut(
  context: HandlerContext,
  { maildrop }: Transaction,
): Promise<Reply<Text> | Transition> {
  const updated = await update(context, maildrop);
  if (updated.type === "error") return updated;
  await releaseMailbox(context, maildrop.mailbox);
  context.emit({ type: "logout", connection: context.info });
  context.info.username = null;
  context.info.mailboxName = null;
  return transition(loggedOut, ok("loggedOut"));
}
