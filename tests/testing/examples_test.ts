/** The examples of docs/testing.md are tests, and these tests run them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import "../../examples/testing/client_test.ts";
import "../../examples/testing/mailbox_test.ts";

Deno.test("the programs of docs/testing.md are those of the examples", async () => {
  const root = new URL("../../", import.meta.url);
  const page = await Deno.readTextFile(new URL("docs/testing.md", root));
  const blocks = [...page.matchAll(/^`(examples\/[^`]+)`\n\n```ts\n([\s\S]*?)```$/gm)];
  assertEquals(blocks.length, (page.match(/^```ts$/gm) ?? []).length);
  for (const [, file = "", code = ""] of blocks) {
    assertStringIncludes(await Deno.readTextFile(new URL(file, root)), code, file);
  }
});
