/** Each language says each text; that it has them all, with their values, is for the compiler to say. */
import { assert, assertEquals } from "@std/assert";
import { english } from "../../lib/session/languages/english.ts";
import { german } from "../../lib/session/languages/german.ts";
import { languages, tagFor } from "../../lib/session/languages/languages.ts";
import {
  filled,
  ofWords,
  render,
  type Text,
  type Texts,
  verbatim,
} from "../../lib/session/languages/text.ts";

/** Each text that holds values, with some. */
const withValues = [
  filled("unknownCommand", "$&x y"),
  filled("takesNoArgument", "NOOP"),
  filled("takesMessage", "RETR"),
  filled("noSuchMechanism", "PLAIN LOGIN"),
  filled("loginDelay", 37),
  filled("languageChosen", "de"),
  filled("headFollows", 37),
  filled("flagged", "[$1]{}"),
  filled("deletedNow", "[$1]{}"),
  filled("partlyDeleted", 2, 37),
  filled("goodbye", 37),
  filled("asleep", 37),
];

const englishWords: ReadonlySet<unknown> = new Set(Object.values(english));

Deno.test("the samples are complete", () => {
  const templates = Object.entries(english).filter(([, text]) => typeof text === "function");
  assertEquals(withValues.map(({ key }): string => key), templates.map(([key]) => key));
});

for (const [tag, { load }] of languages) {
  Deno.test(`${tag}: each text is one printable line, in words of its own, and keeps its values`, async () => {
    const texts = await load();
    for (const text of withValues) {
      const words = render(texts, text);
      assert(/^[^\p{C}]+[.)]?$/u.test(words), words);
      for (const value of text.values) assert(words.includes(`${value}`), words);
      assertEquals(words === render(english, text), tag === "en", words);
    }
    for (const [key, words] of Object.entries(texts)) {
      if (typeof words !== "string") continue;
      assert(/^\p{L}[^\p{C}{}$]+[.)]$/u.test(words), `${key}: ${words}`);
      assertEquals(englishWords.has(words), tag === "en", words);
    }
    assertEquals(render(texts, verbatim("A text of a provider.")), "A text of a provider.");
  });
}

Deno.test("the compiler names a text that a language lacks, and a value that is wrong", () => {
  const { welcome: _, ...lacking } = german;
  // @ts-expect-error: it lacks a text.
  const one: Texts = lacking;
  // @ts-expect-error: the value is a number.
  const two: Texts = { ...german, goodbye: (count: string) => count };
  // @ts-expect-error: no text has this key.
  const three: Texts = { ...german, farewell: "Bye." } satisfies Texts;
  // @ts-expect-error: the value is a number.
  filled("goodbye", "two");
  // @ts-expect-error: words are no text unless they are said to be verbatim.
  const four: Text = "Hello.";
  assertEquals([one, two, three, four].length, 4);
});

Deno.test("the words of a ready-made mailbox are translated, those of another stay as they are", () => {
  const words = ["Another session has this mailbox.", "Closed on Sundays."];
  assertEquals(words.map((each) => render(german, ofWords(each))), [
    "Eine andere Sitzung hat dieses Postfach.",
    "Closed on Sundays.",
  ]);
});

Deno.test("a language range finds its language", () => {
  const ranges = ["de", "DE", "de-AT", "*", "en-GB", "tlh", "deutsch", ""];
  assertEquals(ranges.map(tagFor), ["de", "de", "de", "en", "en", null, null, null]);
});

Deno.test("numbers and nouns agree, in each language", async () => {
  const counted = ["goodbye", "asleep", "headFollows", "loginDelay"] as const;
  const singular: Readonly<Record<string, RegExp>> = {
    en: /message |message\.|line\.|second\./,
    de: /Nachricht |Zeile\.|Sekunde /,
    es: /mensaje borrado|línea\.|segundo\./,
    fr: /message supprimé\.|ligne\.|seconde\./,
  };
  for (const [tag, { load }] of languages) {
    const texts = await load();
    for (const key of counted) {
      const [one, two] = [render(texts, filled(key, 1)), render(texts, filled(key, 2))];
      assertEquals([singular[tag]?.test(one), singular[tag]?.test(two)], [true, false], one);
    }
  }
  // French counts nothing in the singular.
  const french = await languages.get("fr")?.load();
  assertEquals(french?.asleep(0), "Zzzzz. 0 message supprimé.");
});
