import { assertEquals } from "@std/assert";
import { faultOfUniqueIds, isValidUniqueId } from "../../lib/protocol/unique_id.ts";

Deno.test("good unique ids", () => {
  for (const good of ["!", "~", "__", `"'`, "\\", "[x]", "x".repeat(70)]) {
    assertEquals(isValidUniqueId(good), true, good);
  }
});

Deno.test("bad unique ids", () => {
  for (const bad of ["\r\n", "", " ", "a b", "\x7f", "_", "😀", "ж", "x".repeat(71)]) {
    assertEquals(isValidUniqueId(bad), false, JSON.stringify(bad));
  }
});

Deno.test("a fault names the unique id and the message", () => {
  assertEquals(faultOfUniqueIds(["a", "b", "a"]), 'unique id "a" of message 3 is there twice');
  assertEquals(
    faultOfUniqueIds(["a", "b c"]),
    'unique id "b c" of message 2 must be 1 to 70 characters from 0x21 to 0x7E and not "_"',
  );
  assertEquals(faultOfUniqueIds(["a", "b"]), null);
});
