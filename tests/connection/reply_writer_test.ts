import { assertEquals } from "@std/assert";
import { ReplyWriter } from "../../lib/connection/reply_writer.ts";
import { NumberedLines } from "../../lib/protocol/numbered_lines.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { joined } from "../protocol/chunks.ts";

Deno.test("a list of any length is written with each line once, in order", async () => {
  for (const count of [0, 1, 2, 60, 70, 1_000, 20_000]) {
    const written: Uint8Array[] = [];
    const writer = new ReplyWriter({
      write(octets) {
        written.push(octets.slice());
        return Promise.resolve(octets.length);
      },
    });
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const lists = [
      new NumberedLines(numbers, (number) => 7 * number),
      new NumberedLines(numbers, (number) => `id-${number}`),
      numbers.map((number) => `${number}: a text`),
    ];
    for (const lines of lists) await writer.add({ type: "listing", text: "Here", lines });
    await writer.flush();
    const expected = lists.map((lines) => ["+OK Here", ...lines, ".", ""].join("\r\n"));
    assertEquals(latin1(joined(written)), expected.join(""));
  }
});
