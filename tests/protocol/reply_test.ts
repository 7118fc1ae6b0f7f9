import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { errReply, ok, statusLine } from "../../lib/protocol/reply.ts";

const LINE = /^(\+OK|-ERR) (\[[\x20-\x7e]*\] )?[^\p{C}\p{Zl}\p{Zp}]*\r\n$/u;

Deno.test("a status line is one line of at most 512 octets, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1000 }), fc.string(), (text, code) => {
      for (const line of [statusLine(ok(text)), statusLine(errReply(text, code))]) {
        assertEquals(LINE.test(line), true, line);
        assertEquals(new TextEncoder().encode(line).length <= 512, true);
      }
    }),
  );
});

Deno.test("a response code stands in brackets", () => {
  assertEquals(statusLine(errReply("Busy.", "IN-USE")), "-ERR [IN-USE] Busy.\r\n");
  assertEquals(statusLine(errReply("No.")), "-ERR No.\r\n");
});

Deno.test("invisible characters do not pass: controls, tabs, marks that turn the direction, half characters", () => {
  const unseen = [
    "\t",
    "\x1b[2J",
    "\x7f",
    "\x9b",
    "\u2028",
    "\u202e",
    "\u2066",
    "\ud800",
    "\ufeff",
  ];
  for (const text of unseen) {
    const [octet = ""] = text;
    const shown = statusLine(errReply(`Unknown command: A${text}B`, `C${text}`));
    assertEquals(shown.includes(octet), false, JSON.stringify(shown));
    assertEquals(shown.startsWith("-ERR [C"), true);
  }
  assertEquals(statusLine(ok("Grüße, 郵便 \u{1f4ec}")), "+OK Grüße, 郵便 \u{1f4ec}\r\n");
});
