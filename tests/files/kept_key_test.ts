import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { keptKey } from "../../lib/files/kept_key.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

Deno.test("the key is made once, is readable to the server's user only, and stays the same", async () => {
  await using folder = await TemporaryFolder.create();
  const key = await keptKey(folder.path);
  assertEquals(key.length, 32);
  assertEquals(await keptKey(folder.path), key);
  const path = join(folder.path, "key");
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  assertEquals(await Deno.readTextFile(path), `1 ${key.toHex()}\n`);
  assertEquals(await namesIn(folder.path), ["key"]);
});

Deno.test("servers that start at the same time have the same key", async () => {
  await using folder = await TemporaryFolder.create();
  const keys = await Promise.all(Array.from({ length: 8 }, () => keptKey(folder.path)));
  assertEquals(new Set(keys.map((key) => key.toHex())).size, 1);
  assertEquals(await namesIn(folder.path), ["key"]);
});

const damages: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ["empty", (path) => Deno.writeTextFile(path, "")],
  ["half", async (path) => await Deno.truncate(path, 20)],
  ["of a later version", (path) => Deno.writeTextFile(path, `2 ${"0".repeat(64)}\n`)],
  ["readable by others", (path) => Deno.chmod(path, 0o644)],
  ["a link", async (path) => {
    await Deno.rename(path, `${path}.old`);
    await Deno.symlink(`${path}.old`, path);
  }],
  ["a folder", async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
  }],
];

Deno.test("a key that is damaged, or that others can read, is neither used nor replaced", async () => {
  for (const [what, damage] of damages) {
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, "key");
    const key = await keptKey(folder.path);
    await damage(path);
    const before = await Deno.lstat(path);
    const error = await assertRejects(() => keptKey(folder.path), Error, undefined, what);
    assert(!error.message.includes(key.toHex()), what);
    assertEquals((await Deno.lstat(path)).ino, before.ino, what);
  }
});

Deno.test("without a folder that can be written there is no key", async () => {
  await using folder = await TemporaryFolder.create();
  await assertRejects(() => keptKey(join(folder.path, "nowhere")), Deno.errors.NotFound);
});
