import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { error, ok, statusLine } from "../../lib/protocol/reply.ts";

// deno-lint-ignore no-control-regex -- control characters are what must not be there
const LINE = /^(\+OK|-ERR) [^\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]*\r\n$/;

Deno.test("a status line is one line of at most 512 octets, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1000 }), fc.string(), (text, code) => {
      for (const line of [statusLine(ok(text)), statusLine(error(text, code))]) {
        assertEquals(LINE.test(line), true, line);
        assertEquals(new TextEncoder().encode(line).length <= 512, true);
      }
    }),
  );
});

Deno.test("a response code stands in brackets", () => {
  assertEquals(statusLine(error("Busy.", "IN-USE")), "-ERR [IN-USE] Busy.\r\n");
  assertEquals(statusLine(error("No.")), "-ERR No.\r\n");
});
