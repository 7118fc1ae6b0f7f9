/** QUIT: leave, or enter UPDATE and then leave (RFC 1939 sections 4 and 6). */
import { closing, type ErrorReply, ok, type OkReply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { releaseMailbox } from "../log_in.ts";
import type { Maildrop } from "../maildrop.ts";
import { enter, type Transaction, type Transition } from "../state.ts";

const ended = { phase: "ENDED" } as const;

export function quitBeforeLogin(): Transition {
  return enter(
    ended,
    closing(ok("Closing connection without authenticating.")),
  );
}

export async function quitAfterLogin(
  context: HandlerContext,
  { maildrop }: Transaction,
): Promise<Transition> {
  const reply = await update(context, maildrop);
  // Before the reply: who has heard it may log in again at once.
  await releaseMailbox(context, maildrop.mailbox);
  return enter(ended, closing(reply));
}

/** The UPDATE state (RFC 1939 section 6): whatever comes of the deletions, QUIT closes the connection. */
async function update(context: HandlerContext, maildrop: Maildrop): Promise<OkReply | ErrorReply> {
  const uniqueIds = maildrop.deletedUniqueIds();
  if (uniqueIds.length > 0) {
    try {
      await maildrop.mailbox.messageDelete(context.info, uniqueIds);
    } catch (failure) {
      return context.fail(failure);
    }
    context.emit({ type: "delete", connection: context.info, uniqueIds });
  }
  return ok(`${uniqueIds.length} messages deleted. Closing connection.`);
}
