/**
 * The UPDATE state (RFC 1939 section 6): deletes all messages that are marked as deleted, or none of them. On a full disk
 * it may be some of them; then the reply says how many.
 */
import { counted } from "../protocol/counted.ts";
import { type ErrorReply, errReply } from "../protocol/reply.ts";
import { PartialDeletionError } from "../provider/partial_deletion_error.ts";
import type { HandlerContext } from "./handler.ts";
import { filled, type Text } from "./languages/text.ts";
import type { Maildrop } from "./maildrop.ts";

/** How many messages are gone, or the reply to a failure. */
export type Update = { readonly type: "done"; readonly count: number } | ErrorReply<Text>;

export async function update(
  context: HandlerContext,
  maildrop: Maildrop,
  uniqueIds: readonly string[] = maildrop.deletedUniqueIds(),
): Promise<Update> {
  if (uniqueIds.length > 0) {
    try {
      await maildrop.mailbox.messageDelete(context.info, uniqueIds);
    } catch (failure) {
      const reply = context.fail(failure, "message");
      if (!(failure instanceof PartialDeletionError)) return reply;
      const deleted = uniqueIds.filter((uniqueId) => !failure.left.has(uniqueId));
      context.emit({ type: "delete", connection: context.info, uniqueIds: deleted });
      return errReply(filled("partlyDeleted", deleted.length, uniqueIds.length), failure.code);
    }
    context.emit({ type: "delete", connection: context.info, uniqueIds });
    if (context.isAbandoned) {
      const error = new Error(
        `${counted(uniqueIds.length, "message")} deleted after the client had gone`,
      );
      context.emit({ type: "error", connection: context.info, during: "messageDelete", error });
    }
  }
  return { type: "done", count: uniqueIds.length };
}
