/** The one place where a reply gets its words: in the language of the client, in its characters, with its marker. */
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
  // MULTI-LINE-IND: a first line that ends with the marker is followed by more.
  const isMarked = settings.multiLineInd && (reply.type === "listing" || reply.type === "message");
  const marked = isMarked ? `${words} _` : words;
  // Nearly every text is ASCII, and a test costs a third of a search.
  const text = speaksUtf8 || ASCII.test(marked) ? marked : marked.replaceAll(NOT_ASCII, "?");
  return { ...reply, text };
}
