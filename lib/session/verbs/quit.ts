/** QUIT ends the session; after a login, UPDATE comes first (RFC 1939 sections 4 and 6). */
import { closing, ok, type OkReply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { filled, type Text } from "../languages/text.ts";
import { releaseMailbox } from "../log_in.ts";
import { type Transaction, type Transition, transition } from "../state.ts";
import { update } from "../update.ts";

const ended = { phase: "ENDED" } as const;

export function quitBeforeLogin(): Transition {
  return transition(ended, closing(ok("notLoggedInGoodbye")));
}

/** QUIT closes the connection even where the deletions fail. */
export async function quitAfterLogin(
  context: HandlerContext,
  { maildrop }: Transaction,
): Promise<Transition> {
  const updated = await update(context, maildrop);
  // Before the reply: a client that has received it may log in again at once.
  await releaseMailbox(context, maildrop.mailbox);
  return transition(ended, closing(updated.type === "error" ? updated : goodbye(updated.count)));
}

export function quitAsleep(): Transition {
  return transition(ended, closing(goodbye(0)));
}

function goodbye(count: number): OkReply<Text> {
  return ok(filled("goodbye", count));
}
