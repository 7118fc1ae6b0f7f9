import { assertEquals } from "@std/assert";
import { NumberedLines } from "../../lib/protocol/numbered_lines.ts";
import { latin1 } from "../../lib/testing/latin1.ts";

Deno.test("a line is written as its text reads, whatever the numbers", () => {
  const sizes = [0, 1, 9, 10, 99, 12_345, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 7, 2 ** 53 - 1];
  const texts = ["a", "~".repeat(70), "x".repeat(200), "no ASCII: é€"];
  for (const value of [...sizes, ...texts]) {
    for (const number of [1, 10, 100_000, 2 ** 31]) {
      const lines = new NumberedLines([number], () => value);
      const buffer = new Uint8Array(1_000);
      const end = lines.put(number, buffer, 7);
      const written = new TextDecoder().decode(buffer.subarray(7, end ?? 7));
      assertEquals(written, `${[...lines].join("")}\r\n`);
    }
  }
});

Deno.test("a line is not begun where it may not fit", () => {
  const lines = new NumberedLines([1], () => "unique-id");
  const buffer = new Uint8Array(100);
  assertEquals(lines.put(1, buffer, 50), null);
  assertEquals(latin1(buffer), "\0".repeat(100));
});
