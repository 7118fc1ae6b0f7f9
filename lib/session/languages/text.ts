/** Texts of replies as values: a key of `english` with its values. Only `render` turns them into words. */
import { english } from "./english.ts";

type English = typeof english;

/** The texts that are always the same. */
type FixedKey = { [K in keyof English]: English[K] extends string ? K : never }[keyof English];

/** The values that the other texts hold. */
type Values = {
  [K in Exclude<keyof English, FixedKey>]: Parameters<English[K]>;
};

type FixedTexts = { readonly [K in FixedKey]: string };
type FilledTexts = { readonly [K in keyof Values]: (...values: Values[K]) => string };

/** A language: its words for each text. */
export type Texts = FixedTexts & FilledTexts;

/** A text with its values. */
export type FilledText<K extends keyof Values = keyof Values> = {
  [P in K]: { readonly key: P; readonly values: Values[P] };
}[K];

/** Words that are never translated: those of a provider, or numbers. */
export interface Verbatim {
  readonly verbatim: string;
}

/** The text of a reply, not yet in a language. */
export type Text = FixedKey | FilledText | Verbatim;

/** A text that holds values. */
export function filled<K extends keyof Values>(key: K, ...values: Values[K]): FilledText<K> {
  return { key, values };
}

/** Words that stay as they are in every language. */
export function verbatim(words: string): Verbatim {
  return { verbatim: words };
}

/** The fixed texts by their English words. */
const keysByWords: ReadonlyMap<string, FixedKey> = new Map(
  Object.entries(english).flatMap(([key, words]) =>
    typeof words === "string" && isFixed(key) ? [[words, key] as const] : []
  ),
);

function isFixed(key: string): key is FixedKey {
  return typeof Object.getOwnPropertyDescriptor(english, key)?.value === "string";
}

/** The text for the words of an error: those that the ready-made providers throw are in the table, others stay as they are. */
export function ofWords(words: string): Text {
  return keysByWords.get(words) ?? verbatim(words);
}

/** The text in the language of these texts. */
export function render(texts: Texts, text: Text): string {
  if (typeof text === "string") return texts[text];
  return "verbatim" in text ? text.verbatim : renderFilled(texts, text);
}

function renderFilled<K extends keyof Values>(texts: FilledTexts, text: FilledText<K>): string {
  return texts[text.key](...text.values);
}
