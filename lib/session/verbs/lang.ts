/** LANG (RFC 6856 section 3): lists the languages of replies, or chooses one. */
import { errReply, ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { languages, tagFor } from "../languages/language.ts";

export async function lang(
  context: HandlerContext,
  _state: unknown,
  range: string,
): Promise<Reply> {
  if (range === "") {
    return {
      type: "listing",
      text: "Languages follow...",
      lines: languages.entries().map(([tag, { name }]) => `${tag} ${name}`),
    };
  }
  const tag = tagFor(range);
  const language = tag === null ? undefined : languages.get(tag);
  if (language === undefined) return errReply("No such language.");
  context.wording = await language.load();
  context.speaksUtf8 = true;
  return ok(`${tag} ${language.greeting}`);
}
