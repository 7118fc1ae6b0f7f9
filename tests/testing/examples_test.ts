/** The examples of docs/testing.md are tests, and these tests run them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import "../../examples/testing/client_test.ts";
import "../../examples/testing/mailbox_test.ts";
import { parseTranscript } from "../../lib/testing/mod.ts";

Deno.test("the programs of docs/testing.md are those of the examples", async () => {
  const root = new URL("../../", import.meta.url);
  const page = await Deno.readTextFile(new URL("docs/testing.md", root));
  const blocks = [...page.matchAll(/^`(examples\/[^`]+)`\n\n```ts\n([\s\S]*?)```$/gm)];
  assertEquals(blocks.length, (page.match(/^```ts$/gm) ?? []).length);
  for (const [, file = "", code = ""] of blocks) {
    assertStringIncludes(await Deno.readTextFile(new URL(file, root)), code, file);
  }
});

Deno.test("the transcripts of docs/testing.md are transcripts", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/testing.md", import.meta.url));
  const transcripts = [...page.matchAll(/^```text\n([\s\S]*?)```$/gm)];
  assertEquals(transcripts.length, 1);
  for (const [, text = ""] of transcripts) parseTranscript(text);
});
