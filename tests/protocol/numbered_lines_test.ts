import { assertEquals } from "@std/assert";
import { NumberedLines } from "../../lib/protocol/numbered_lines.ts";
import { latin1 } from "../../lib/testing/latin1.ts";

Deno.test("a line is written as its text reads, whatever the value", () => {
  const sizes = [0, 1, 9, 10, 99, 12_345, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 7, 2 ** 53 - 1];
  const texts = ["a", "~".repeat(70), "x".repeat(200), "no ASCII: é€"];
  for (const value of [...sizes, ...texts]) {
    const lines = new NumberedLines(1, () => value);
    const buffer = new Uint8Array(1_000);
    const end = lines.put(buffer, 7, 10);
    const written = new TextDecoder().decode(buffer.subarray(7, end ?? 7));
    assertEquals(written, `${[...lines].join("")}\r\n`);
    assertEquals(lines.isOver, true);
  }
});

Deno.test("each number with a value is written once, wherever a buffer ends", () => {
  const valueOf = (number: number) => number % 3 === 0 ? null : `id-${number}`;
  const expected = [...new NumberedLines(1_100, valueOf)].map((line) => `${line}\r\n`).join("");
  for (const most of [1, 2, 7, 2_000]) {
    for (const length of [0, 90, 100, 1_000]) {
      const lines = new NumberedLines(1_100, valueOf);
      const buffer = new Uint8Array(length);
      let written = "";
      while (!lines.isOver) {
        const end = lines.put(buffer, 0, most);
        written += end === null ? `${lines.takeText()}\r\n` : latin1(buffer.subarray(0, end));
      }
      assertEquals(written, expected);
    }
  }
});

Deno.test("of many numbers without a value, only some are looked at at once", () => {
  let looks = 0;
  const lines = new NumberedLines(10_000, () => {
    looks++;
    return null;
  });
  assertEquals(lines.put(new Uint8Array(), 0, 1_024), 0);
  assertEquals([looks, lines.isOver], [1_024, false]);
});

Deno.test("a line is not begun where it may not fit", () => {
  const lines = new NumberedLines(1, () => "unique-id");
  const buffer = new Uint8Array(100);
  assertEquals(lines.put(buffer, 50, 10), null);
  assertEquals(latin1(buffer), "\0".repeat(100));
  assertEquals(lines.takeText(), "1 unique-id");
  assertEquals(lines.isOver, true);
});
