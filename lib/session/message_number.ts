/** The one place that checks a message number, with a sentence of its own for each fault. */
import { error, type ErrorReply } from "../protocol/reply.ts";
import type { ListedMessage, Maildrop } from "./maildrop.ts";

export type FoundMessage =
  | { readonly type: "found"; readonly message: ListedMessage }
  | ErrorReply;

export const messageIsGone: ErrorReply = error("That message is gone.");

/** "Bad command syntax." and what would be right. */
export function badSyntax(usage: string): ErrorReply {
  return error(`Bad command syntax. ${usage}`);
}

/** The message that the argument of a command names. */
export function findMessage(
  maildrop: Maildrop,
  verb: string,
  argument: string,
): FoundMessage {
  if (!/^\d+$/.test(argument)) {
    return badSyntax(`${verb} takes a message number.`);
  }
  const number = Number(argument);
  const uniqueId = maildrop.uniqueIdOf(number);
  if (uniqueId === undefined) return error("No such message.");
  if (maildrop.isDeleted(number)) {
    return error("That message has been deleted.");
  }
  return { type: "found", message: { number, uniqueId } };
}
