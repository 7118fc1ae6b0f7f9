/** LIST (RFC 1939 section 5): the sizes of all messages, or of one. */
import { NumberedLines } from "../../protocol/numbered_lines.ts";
import { ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { type Text, verbatim } from "../languages/text.ts";
import { findMessage, messageIsGone } from "../message_number.ts";
import type { Transaction } from "../state.ts";

export async function list(
  context: HandlerContext,
  { maildrop }: Transaction,
  argument: string,
): Promise<Reply<Text>> {
  if (argument === "") {
    const octetsOf = await maildrop.sizes();
    return {
      type: "listing",
      text: "sizesFollow",
      lines: new NumberedLines(maildrop.list.count, octetsOf),
    };
  }
  const found = await findMessage(context, maildrop, "LIST", argument);
  if (found.type === "error") return found;
  const { number } = found.message;
  try {
    const octets = await maildrop.sizeOf(found.message);
    return octets === null ? messageIsGone : ok(verbatim(`${number} ${octets}`));
  } catch (failure) {
    return context.fail(failure, "message");
  }
}
