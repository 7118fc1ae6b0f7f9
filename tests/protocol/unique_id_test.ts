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
  assertEquals(faultOfUniqueIds(["a", "b", "a"]), {
    rule: "unique-id-twice",
    uniqueId: "a",
    number: 3,
  });
  assertEquals(faultOfUniqueIds(["a", "b", "b"])?.number, 3);
  assertEquals(faultOfUniqueIds(["b", "a", "c"]), null);
  assertEquals(faultOfUniqueIds(["a", "b c"]), {
    rule: "unique-id-form",
    uniqueId: "b c",
    number: 2,
  });
  assertEquals(faultOfUniqueIds(["a", "b"]), null);
});
