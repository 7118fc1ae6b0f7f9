/** QUIT: leave, or enter UPDATE and then leave (RFC 1939 sections 4 and 6). */
import { closing, ok } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
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
  const uniqueIds = maildrop.deletedUniqueIds();
  if (uniqueIds.length > 0) {
    try {
      await maildrop.mailbox.messageDelete(context.info, uniqueIds);
    } catch (failure) {
      // RFC 1939 section 6: whatever came of the deletions, QUIT closes the connection.
      return enter(ended, closing(context.fail(failure)));
    }
    context.emit({ type: "delete", connection: context.info, uniqueIds });
  }
  return enter(
    ended,
    closing(ok(`${uniqueIds.length} messages deleted. Closing connection.`)),
  );
}
