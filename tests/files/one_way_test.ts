/** Only lib/files may touch the file system, so that all its rules hold everywhere. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";

const lib = fromFileUrl(new URL("../../lib", import.meta.url));

/** Every call of Deno and of its modules that takes a path. */
const TOUCHES = new RegExp(
  [
    String
      .raw`\bDeno\.(?:open|create|stat|lstat|readDir|readFile|readTextFile|writeFile|writeTextFile|remove|rename|` +
    String
      .raw`mkdir|link|symlink|readLink|realPath|truncate|chmod|chown|utime|copyFile|makeTempFile|makeTempDir|watchFs)` +
    String.raw`(?:Sync)?\b`,
    String.raw`from "(?:node:fs|@std/fs)[^"]*"`,
    String.raw`import\("(?:node:fs|@std/fs)[^"]*"\)`,
  ].join("|"),
  "g",
);

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(join(folder, name));
    else if (name.endsWith(".ts")) yield join(folder, name);
  }
}

Deno.test("no file outside lib/files touches the file system", async () => {
  const found: string[] = [];
  for await (const path of sources(lib)) {
    const name = relative(lib, path).replaceAll("\\", "/");
    // embed.ts is a step of the build, and not part of the package or the executable.
    if (name.startsWith("files/") || name === "protocol/line_mender/embed.ts") continue;
    const code = (await Deno.readTextFile(path)).replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    for (const [touch] of code.matchAll(TOUCHES)) found.push(`${name}: ${touch}`);
  }
  assertEquals(found, []);
});
