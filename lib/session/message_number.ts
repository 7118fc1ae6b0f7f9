/**
 * The one place that finds the message that an argument names, with a sentence of its own for each fault.
 *
 * A message is named by its number, or as `UID:` and its unique id (billpg's UID-PARAM). The list of the session is
 * asked first. A message that has come since has the number 0; for it the mailbox is asked for its list once more,
 * so that it never hears a unique id that is not its own.
 */
import { type ErrorReply, errReply } from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";
import { filled, type Text } from "./languages/text.ts";
import type { ListedMessage, Maildrop } from "./maildrop.ts";

export type FoundMessage =
  | { readonly type: "found"; readonly message: ListedMessage }
  | ErrorReply<Text>;

export const messageIsGone: ErrorReply<Text> = errReply("messageGone");
const noSuchUid: ErrorReply<Text> = errReply("noSuchUid", "UID/NOT-FOUND");

/** The message that the argument of a command names. */
export function findMessage(
  context: HandlerContext,
  maildrop: Maildrop,
  verb: string,
  argument: string,
): FoundMessage | Promise<FoundMessage> {
  if (/^\d+$/.test(argument)) {
    const number = Number(argument);
    const uniqueId = maildrop.list.uniqueIdOf(number);
    if (uniqueId === undefined) return errReply("noSuchMessage");
    return unlessDeleted(maildrop, { number, uniqueId });
  }
  if (!/^UID:/i.test(argument)) {
    return errReply(filled("takesMessage", verb));
  }
  const uniqueId = argument.slice("UID:".length);
  const number = maildrop.list.numberOf(uniqueId);
  if (number !== undefined) return unlessDeleted(maildrop, { number, uniqueId });
  return context.settings.allowUnknownIdRequests
    ? findLateMessage(context, maildrop, uniqueId)
    : noSuchUid;
}

async function findLateMessage(
  { info }: HandlerContext,
  maildrop: Maildrop,
  uniqueId: string,
): Promise<FoundMessage> {
  const message = { number: 0, uniqueId };
  if (maildrop.isDeleted(message)) return messageIsDeleted;
  const uniqueIds = await maildrop.mailbox.listMessageUniqueIds(info);
  return uniqueIds.includes(uniqueId) ? { type: "found", message } : noSuchUid;
}

const messageIsDeleted: ErrorReply<Text> = errReply("messageDeleted");

function unlessDeleted(maildrop: Maildrop, message: ListedMessage): FoundMessage {
  return maildrop.isDeleted(message) ? messageIsDeleted : { type: "found", message };
}
