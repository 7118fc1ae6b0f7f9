/** LANG (RFC 6856 section 3): lists the languages of replies, or chooses one. */
import { errReply, ok, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import { languages, tagFor } from "../languages/languages.ts";
import { filled, type Text } from "../languages/text.ts";

export async function lang(
  context: HandlerContext,
  _state: unknown,
  range: string,
): Promise<Reply<Text>> {
  if (range === "") {
    return {
      type: "listing",
      text: "languagesFollow",
      lines: languages.entries().map(([tag, { name }]) => `${tag} ${name}`),
    };
  }
  const tag = tagFor(range);
  const language = tag === null ? undefined : languages.get(tag);
  if (tag === null || language === undefined) return errReply("noSuchLanguage");
  context.texts = await language.load();
  context.speaksUtf8 = true;
  return ok(filled("languageChosen", tag));
}
