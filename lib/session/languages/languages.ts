/** The languages of replies (RFC 6856 section 3). */
import { english } from "./english.ts";
import type { Texts } from "./text.ts";

/** A language that replies can be in. */
export interface Language {
  /** Its name in itself. */
  readonly name: string;
  readonly load: () => Promise<Texts>;
}

/** By tag (RFC 5646). Sessions begin in English; the other languages are loaded when a client chooses them. */
export const languages: ReadonlyMap<string, Language> = new Map<string, Language>([
  ["en", { name: "English", load: () => Promise.resolve(english) }],
  ["de", { name: "Deutsch", load: async () => (await import("./german.ts")).german }],
  ["es", { name: "Español", load: async () => (await import("./spanish.ts")).spanish }],
  ["fr", { name: "Français", load: async () => (await import("./french.ts")).french }],
]);

/** The tag of a language for what a client asks for: `de`, `de-AT`; `*` for the default. */
export function tagFor(range: string): string | null {
  const [primary = ""] = range.toLowerCase().split("-");
  if (primary === "*") return "en";
  return languages.has(primary) ? primary : null;
}
