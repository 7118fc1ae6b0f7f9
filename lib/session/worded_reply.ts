/** The one place where the text of a reply becomes words, in the client's language and character set. */
import type { Reply } from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";
import { render, type Text } from "./languages/text.ts";

// deno-lint-ignore no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/;
// deno-lint-ignore no-control-regex -- all of ASCII
const NOT_ASCII = /[^\x00-\x7f]/gu;

export function wordedReply(
  reply: Reply<Text>,
  { texts, speaksUtf8, settings }: HandlerContext,
): Reply {
  if (reply.type === "challenge") return reply;
  const words = render(texts, reply.text);
  // MULTI-LINE-IND: the marker at the end of the first line shows that more lines follow.
  const isMarked = settings.multiLineInd && (reply.type === "listing" || reply.type === "message");
  const marked = isMarked ? `${words} _` : words;
  // Nearly every text is ASCII, and a test costs a third of a search.
  const text = speaksUtf8 || ASCII.test(marked) ? marked : marked.replaceAll(NOT_ASCII, "?");
  return { ...reply, text };
}
