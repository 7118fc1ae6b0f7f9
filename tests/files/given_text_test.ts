/** Text files as editors save them: a clear encoding is read, an unclear one is refused. */
import { assertEquals, assertThrows } from "@std/assert";
import { decodeText, linesOf, TextEncodingError } from "../../lib/files/given_text.ts";

const utf16 = (text: string, isLittle: boolean, mark = true) => {
  const units = [...(mark ? "\ufeff" : ""), ...text].map((character) => character.charCodeAt(0));
  return new Uint8Array(
    units.flatMap((unit) => isLittle ? [unit & 0xff, unit >> 8] : [unit >> 8, unit & 0xff]),
  );
};
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("UTF-8 with and without a byte order mark, UTF-16 with one, any line ends", () => {
  const text = "pässwörd\r\nnext";
  for (
    const octets of [utf8(text), utf8(`\ufeff${text}`), utf16(text, true), utf16(text, false)]
  ) {
    assertEquals(linesOf(decodeText(octets)), ["pässwörd", "next"]);
  }
  assertEquals(linesOf("a\rb\nc\r\n\r\nd"), ["a", "b", "c", "", "d"]);
  assertEquals(decodeText(new Uint8Array()), "");
});

const unclear: readonly (readonly [string, Uint8Array<ArrayBuffer>, string])[] = [
  ["Latin-1", new Uint8Array([0x61, 0x0a, 0x70, 0xe4, 0x73, 0x73]), "line 2 is not UTF-8"],
  ["UTF-16 without a mark", utf16("password", true, false), "NUL"],
  ["UTF-16 that ends in the middle", utf16("password", true).slice(0, -1), "not UTF-16LE"],
  ["UTF-32", new Uint8Array([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), "NUL"],
  ["a file of NULs, as a loss of power leaves it", new Uint8Array(100), "NUL"],
  ["octets that are no text", new Uint8Array([0x80, 0x81, 0x82]), "line 1 is not UTF-8"],
];

Deno.test("an unclear encoding is refused; the error says what to do and quotes nothing", () => {
  for (const [what, octets, reason] of unclear) {
    const error = assertThrows(() => decodeText(octets), TextEncodingError, reason, what);
    assertEquals(/save the file as UTF-8/.test(error.message), true, error.message);
    assertEquals(error.message.includes("pass"), false, error.message);
  }
});
