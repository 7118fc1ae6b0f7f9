import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("processes that delete overlapping sets: no error, no message comes back, none of the server's files is left", async () => {
  await using folder = await TemporaryFolder.create();
  for (let number = 0; number < 300; number++) {
    await Deno.writeTextFile(join(folder.path, `m${number}`), `Subject: ${number}\n\n`);
  }
  const script = fromFileUrl(new URL("delete_rounds.ts", import.meta.url));
  const results = await Promise.all(["17", "4711"].map((seed) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", script, folder.path, seed],
    }).output()
  ));
  const decoder = new TextDecoder();
  for (const { code, stdout, stderr } of results) {
    assertEquals(code, 0, decoder.decode(stderr));
    assert(
      decoder.decode(stdout).trim().split("\n").length > 3,
      "Both processes took part, in many rounds",
    );
  }
  assertEquals(folder.names(), []);
});
