/**
 * The languages of replies (RFC 6856 section 3). Only what is meant for people is translated; a text that has no
 * translation, such as one of a provider, stays as it is.
 */
import { TEXTS, type Translation } from "./texts.ts";

/** Says a text of ours in a language. */
export type Wording = (text: string) => string;

/** A language that replies can be in. */
export interface Language {
  /** Its name in itself. */
  readonly name: string;
  /** What is said when it is chosen. */
  readonly greeting: string;
  readonly load: () => Promise<Wording>;
}

/** The language of the code. */
export const inEnglish: Wording = (text) => text;

/** By tag (RFC 5646); the first is what is spoken without LANG. */
export const languages: ReadonlyMap<string, Language> = new Map<string, Language>([
  ["en", {
    name: "English",
    greeting: "The language is English.",
    load: () => Promise.resolve(inEnglish),
  }],
  ["de", {
    name: "Deutsch",
    greeting: "Die Sprache ist Deutsch.",
    load: async () => wordingOf((await import("./de.ts")).texts),
  }],
  ["es", {
    name: "Español",
    greeting: "El idioma es el español.",
    load: async () => wordingOf((await import("./es.ts")).texts),
  }],
  ["fr", {
    name: "Français",
    greeting: "La langue est le français.",
    load: async () => wordingOf((await import("./fr.ts")).texts),
  }],
]);

/** The tag of a language for what a client asks for: `de`, `de-AT`; `*` for what is spoken anyway. */
export function tagFor(range: string): string | null {
  const [primary = ""] = range.toLowerCase().split("-");
  if (primary === "*") return "en";
  return languages.has(primary) ? primary : null;
}

/** What each text with something that differs looks like. */
const patterns = TEXTS.filter((text) => text.includes("{}")).map((text) => {
  const [before = "", after = ""] = text.split("{}");
  return { text, before, after };
});

function wordingOf(translation: Translation): Wording {
  const exact: ReadonlyMap<string, string> = new Map(Object.entries(translation));
  return (text) => {
    const whole = exact.get(text);
    if (whole !== undefined) return whole;
    const pattern = patterns.find(({ before, after }) =>
      text.startsWith(before) && text.endsWith(after) && text.length >= before.length + after.length
    );
    if (pattern === undefined) return text;
    const { before, after } = pattern;
    const differs = text.slice(before.length, text.length - after.length);
    return translation[pattern.text].replace("{}", () => differs);
  };
}
