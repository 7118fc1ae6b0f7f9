import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { error, ok, statusLine } from "../../lib/protocol/reply.ts";

Deno.test("a status line is one line of at most 512 octets, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1000 }), fc.string(), (text, code) => {
      for (const line of [statusLine(ok(text)), statusLine(error(text, code))]) {
        assertEquals(/^(\+OK|-ERR) [\t\x20-\x7e]*\r\n$/.test(line), true, JSON.stringify(line));
        assertEquals(line.length <= 512, true);
      }
    }),
  );
});

Deno.test("a response code stands in brackets", () => {
  assertEquals(statusLine(error("Busy.", "IN-USE")), "-ERR [IN-USE] Busy.\r\n");
  assertEquals(statusLine(error("No.")), "-ERR No.\r\n");
});
