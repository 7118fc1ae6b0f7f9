/** What a provider throws to choose the client's reply. */
import { assertEquals, assertThrows } from "@std/assert";
import { Pop3ResponseError } from "../../lib/mod.ts";

for (const code of ["IN-USE", "SYS/TEMP", "AUTH", "X", "a/b/c", "ACTIVITY/NEW", "X-1!~"]) {
  Deno.test(`${code} is a response code`, () => {
    assertEquals(new Pop3ResponseError("No.", { code }).code, code);
  });
}

for (
  const code of [
    "[AUTH]",
    "AUTH]",
    "",
    "SYS/",
    "/TEMP",
    "SYS//TEMP",
    "IN USE",
    "A\r\nB",
    "É",
    "\x7f",
  ]
) {
  Deno.test(`${JSON.stringify(code)} is none, and refused when the error is made`, () => {
    assertThrows(
      () => new Pop3ResponseError("No.", { code }),
      RangeError,
      `code: ${JSON.stringify(code)}: give a response code without its brackets, such as IN-USE`,
    );
  });
}

Deno.test("an option of the wrong kind, or that there is not", () => {
  const made = (options: object) => new Pop3ResponseError("No.", options);
  assertThrows(() => made({ code: 7 }), TypeError, "code: 7: give a response code");
  assertThrows(() => made({ closes: "yes" }), TypeError, 'closes: "yes": give true or false');
  assertThrows(() => made({ cod: "AUTH" }), TypeError, "cod: there is no such option");
});

Deno.test("what is left out, and the cause", () => {
  const cause = new Error("disk");
  const { code, closes, cause: known } = new Pop3ResponseError("No.", { cause });
  assertEquals([code, closes], [null, false]);
  assertEquals(known === cause, true);
  assertEquals("cause" in new Pop3ResponseError("No."), false);
});
