import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { counted } from "../../lib/protocol/counted.ts";
import { languages, tagFor } from "../../lib/session/languages/language.ts";
import { TEXTS } from "../../lib/session/languages/texts.ts";

const lib = fromFileUrl(new URL("../../lib", import.meta.url));

function* sourcesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* sourcesBelow(join(folder, name));
    else if (name.endsWith(".ts")) yield Deno.readTextFileSync(join(folder, name));
  }
}

Deno.test("every text that a session says has a translation", () => {
  const texts: readonly string[] = TEXTS;
  // What only ends a session, or is said before LANG can be.
  const untranslated = [
    "Authentication is going on.",
    "The session is over.",
    "This server speaks POP3.",
    "Syntax: XLOG (username) (password)",
    "Unique ID strings must be printable ASCII only.",
    "Bad command syntax. A command is printable ASCII, what follows it UTF-8.",
  ];
  const said = new Set<string>();
  for (const source of sourcesBelow(join(lib, "session"))) {
    const literal = /(?:\b(?:ok|errReply)\(\s*|text: )(?:"([^"]+)"|`([^`]+)`)/g;
    for (const [, plain, template] of source.matchAll(literal)) {
      const text = plain ?? template?.replaceAll(/\$\{counted\(.*?, "(\w+)"\)\}/g, "{} $1s")
        .replaceAll(/\$\{[^}]*\}/g, "{}") ??
        "";
      if (/[a-z]{3}/.test(text)) said.add(text);
    }
  }
  const missing = [...said].filter((text) => !texts.includes(text) && !untranslated.includes(text));
  assertEquals(said.size > 40, true, `${said.size} texts were found`);
  assertEquals(missing.filter((text) => text !== "{} {}"), []);
});

for (const [tag, language] of languages) {
  Deno.test(`${tag}: each text is said, and what differs is kept`, async () => {
    const wording = await language.load();
    for (const text of TEXTS) {
      const said = wording(text.replace("{}", () => "$&x y"));
      assertEquals(said.includes("{}"), false, text);
      if (text.includes("{}")) assertEquals(said.includes("$&x y"), true, text);
      if (tag !== "en") assertEquals(said === text.replace("{}", () => "$&x y"), false, text);
    }
    assertEquals(wording("A text of a provider."), "A text of a provider.");
  });
}

Deno.test("a language range finds its language", () => {
  const ranges = ["de", "DE", "de-AT", "*", "en-GB", "tlh", "deutsch", ""];
  assertEquals(ranges.map(tagFor), ["de", "de", "de", "en", "en", null, null, null]);
});

Deno.test("numbers and nouns agree, in each language", async () => {
  const counts: readonly ((count: number) => string)[] = [
    (count) => `${counted(count, "message")} deleted. Closing connection.`,
    (count) => `Zzzzz. Deleted ${counted(count, "message")}.`,
    (count) => `Header and first ${counted(count, "line")}...`,
    (count) => `You logged in a moment ago. Try again in ${counted(count, "second")}.`,
  ];
  const singular: Readonly<Record<string, RegExp>> = {
    en: /message |message\.|line\.|second\./,
    de: /Nachricht |Zeile\.|Sekunde /,
    es: /mensaje borrado|línea\.|segundo\./,
    fr: /message supprimé\.|ligne\.|seconde\./,
  };
  for (const [tag, language] of languages) {
    const wording = await language.load();
    for (const say of counts) {
      assertEquals(singular[tag]?.test(wording(say(1))), true, wording(say(1)));
      assertEquals(singular[tag]?.test(wording(say(2))), false, wording(say(2)));
    }
  }
  const french = await languages.get("fr")?.load();
  // French counts nothing in the singular.
  assertEquals(french?.(`Zzzzz. Deleted ${counted(0, "message")}.`), "Zzzzz. 0 message supprimé.");
});
