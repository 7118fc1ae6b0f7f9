/** Lists real folders. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem } from "../../lib/files/file_system.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

// Entries are read in stretches of 32.
for (const count of [0, 1, 31, 32, 33, 64, 65, 1_000]) {
  Deno.test(`each of ${count} files of a folder is listed once, beside a folder and a hidden file`, async () => {
    await using folder = await TemporaryFolder.create();
    const names = Array.from({ length: count }, (_, number) => `m${number}`).sort();
    for (const name of names) await Deno.writeTextFile(join(folder.path, name), name);
    await Deno.mkdir(join(folder.path, "folder"));
    await Deno.writeTextFile(join(folder.path, ".hidden"), "");
    const { files } = await denoFileSystem.regularFiles(folder.path);
    assertEquals(files.map(({ name }) => name).sort(), names);
    const asked: string[] = [];
    const { files: others } = await denoFileSystem.regularFiles(folder.path, (name) => {
      asked.push(name);
      return name !== "m0";
    });
    assertEquals(others.map(({ name }) => name), names.filter((name) => name === "m0"));
    assertEquals(asked.sort(), names);
  });
}

Deno.test("a folder that is not there cannot be listed", async () => {
  await using folder = await TemporaryFolder.create();
  const list = async () => await denoFileSystem.regularFiles(join(folder.path, "missing"));
  await assertRejects(list, Deno.errors.NotFound);
});
