/** DELE (RFC 1939 section 5): marks a message; QUIT deletes it. */
import { error, ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { findMessage } from "../message_number.ts";
import type { Transaction } from "../state.ts";

export async function dele(
  { info }: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply> {
  const found = findMessage(maildrop, "DELE", argument);
  if (found.type === "error") return found;
  if (await maildrop.mailbox.mailboxIsReadOnly(info)) {
    return error("This mailbox is read-only.", "READ-ONLY");
  }
  maildrop.markDeleted(found.message.number);
  return ok(
    `Message UID:${found.message.uniqueId} flagged for delete on QUIT.`,
  );
}
