import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FromUnquoter } from "../../lib/mailbox/mbox/from_unquoter.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { chunksOf, cuts, joined } from "../protocol/chunks.ts";

const text = fc.array(
  fc.constantFrom(
    ">",
    "From ",
    "From",
    "F",
    "\n",
    "\r\n",
    "x",
    " ",
    ">From ",
    "\n>From ",
    "\n>>From ",
  ),
  { maxLength: 30 },
).map((parts) => parts.join(""));

Deno.test("each quoted From line loses one quote, wherever the chunks are cut", () => {
  fc.assert(
    fc.property(text, cuts, (quoted, at) => {
      const unquoter = new FromUnquoter();
      const chunks = chunksOf(new TextEncoder().encode(quoted), at);
      const parts = chunks.map((chunk) => unquoter.unquote(chunk).slice());
      const unquoted = latin1(joined([...parts, unquoter.end()]));
      assertEquals(unquoted, quoted.replaceAll(/(^|\n)>(>*From )/g, "$1$2"));
    }),
    { numRuns: 5000 },
  );
});
