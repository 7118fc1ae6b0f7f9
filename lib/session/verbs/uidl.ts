/** UIDL (RFC 1939 section 7): the unique-ids of all messages, or of one. */
import { NumberedLines } from "../../protocol/numbered_lines.ts";
import { ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { type Text, verbatim } from "../languages/text.ts";
import { findMessage } from "../message_number.ts";
import type { Transaction } from "../state.ts";

export async function uidl(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply<Text>> {
  if (argument === "") {
    return {
      type: "listing",
      text: "uniqueIdsFollow",
      lines: new NumberedLines(
        maildrop.list.count,
        (number) => maildrop.isListed(number) ? maildrop.list.uniqueIdOf(number) ?? "" : null,
      ),
    };
  }
  const found = await findMessage(context, maildrop, "UIDL", argument);
  if (found.type === "error") return found;
  return ok(verbatim(`${found.message.number} ${found.message.uniqueId}`));
}
