/** The UPDATE state (RFC 1939 section 6): deletes all messages that are marked as deleted, or none of them. */
import { counted } from "../protocol/counted.ts";
import type { ErrorReply } from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";
import type { Text } from "./languages/text.ts";
import type { Maildrop } from "./maildrop.ts";

/** How many messages are gone, or the reply to a failure, after which nothing has changed. */
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
      return context.fail(failure, "message");
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
