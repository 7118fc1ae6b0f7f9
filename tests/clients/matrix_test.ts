import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";

Deno.test("real clients fetch and delete without TLS, with STLS and with implicit TLS", async () => {
  const script = fromFileUrl(new URL("matrix/main.ts", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, "--check"],
  }).output();
  const decoder = new TextDecoder();
  const skipped = decoder.decode(stderr).split("\n").filter((line) => line.startsWith("SKIPPED"));
  if (skipped.length > 0) console.warn(skipped.join("\n"));
  assert(success, decoder.decode(stdout));
});
