import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { lookAtGiven } from "../../lib/files/given_path.ts";
import { SeenFormats } from "../../lib/mailbox/seen_formats.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function makeMaildir(path: string): Promise<void> {
  for (const name of ["new", "cur", "tmp"]) await Deno.mkdir(join(path, name));
}

function seen(path: string) {
  const given = lookAtGiven(path);
  if (given === null) throw new Error(`${path} is not there`);
  return given;
}

const LATER_MS = 10_000;

Deno.test("the format of a folder is found out once while its stamp stays, and again after a change", async () => {
  await using folder = await TemporaryFolder.create();
  const { path } = folder;
  const formats = new SeenFormats();
  const before = seen(path);
  assertEquals(await formats.of(path, before, Date.now() + LATER_MS), "folder");
  await makeMaildir(path);
  assertEquals(await formats.of(path, before, Date.now() + LATER_MS), "folder");
  assertEquals(await formats.of(path, seen(path), Date.now() + LATER_MS), "maildir");
});

Deno.test("of a folder that may still change within the same stamp, no format is remembered", async () => {
  await using folder = await TemporaryFolder.create();
  const { path } = folder;
  const formats = new SeenFormats();
  const young = seen(path);
  const now = young.info.mtime?.getTime() ?? 0;
  assertEquals(await formats.of(path, young, now), "folder");
  await makeMaildir(path);
  assertEquals(await formats.of(path, young, now), "maildir");
});

Deno.test("a file in the place of a folder is an mbox, whatever was there before", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "mail");
  const formats = new SeenFormats();
  await Deno.mkdir(path);
  assertEquals(await formats.of(path, seen(path), Date.now() + LATER_MS), "folder");
  await Deno.remove(path);
  await Deno.writeTextFile(path, "");
  assertEquals(await formats.of(path, seen(path), Date.now() + LATER_MS), "mbox");
});
