/** docs/library.md and docs/write-your-own.md show the examples as they are; what they say of clones and the runtime is so. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { folderWith } from "./running_example.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

/** The programs that a page shows, by file. */
function programsOf(page: string): readonly (readonly [file: string, code: string])[] {
  const text = Deno.readTextFileSync(join(root, page));
  const blocks = [...text.matchAll(/^`(examples\/[^`]+)`\n\n```ts\n([\s\S]*?)```$/gm)];
  assertEquals(blocks.length, (text.match(/^```ts$/gm) ?? []).length);
  return blocks.map(([, file = "", code = ""]) => [file, code]);
}

Deno.test("docs/library.md shows each program exactly as it is", () => {
  const shown = programsOf("docs/library.md");
  for (const [file, code] of shown) {
    assertEquals(code, Deno.readTextFileSync(join(root, file)), file);
  }
  const programs = [...Deno.readDirSync(join(root, "examples"))].filter(({ isFile }) => isFile)
    .map(({ name }) => `examples/${name}`)
    .filter((file) => file !== "examples/merged_folders.ts");
  assertEquals(shown.map(([file]) => file).sort(), programs.sort());
});

Deno.test("docs/write-your-own.md shows parts of each step, as they are", () => {
  const steps = new Set<string>();
  for (const [file, code] of programsOf("docs/write-your-own.md")) {
    const undented = (text: string) => text.replaceAll(/^ +/gm, "");
    assertStringIncludes(undented(Deno.readTextFileSync(join(root, file))), undented(code), file);
    steps.add(file);
  }
  assertEquals(steps.size, [...Deno.readDirSync(join(root, "examples/walk-through"))].length);
});

Deno.test("another project uses a clone as docs/library.md says", async () => {
  const page = await Deno.readTextFile(join(root, "docs/library.md"));
  const [, config = ""] = /^`deno\.json`\n\n```json\n([\s\S]*?)```$/m.exec(page) ?? [];
  await using folder = await folderWith({
    "mine/deno.json": config,
    "mine/main.ts": `
      import { listen } from "@pop3svc/pop3svc";
      import { startTestServer } from "@pop3svc/pop3svc/testing";
      await using pop3 = await listen({ port: 0 });
      await using server = await startTestServer({ mailboxes: { ann: ["Subject: Hi"] } });
      console.log(pop3.addr.port > 0 && server.port > 0);
    `,
  });
  await Deno.symlink(root, join(folder.path, "pop3svc"));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--check", "--allow-net=127.0.0.1", "main.ts"],
    cwd: join(folder.path, "mine"),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stdout), "true\n", decoder.decode(stderr));
});

Deno.test("docs/library.md lists the rooms that call the runtime", async () => {
  const page = await Deno.readTextFile(join(root, "docs/library.md"));
  const listed = [...page.matchAll(/^\| `([a-z]+)\/`/gm)].map(([, room]) => room);
  const rooms: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(root, "lib"))) {
    if (isDirectory && await callsDeno(join(root, "lib", name))) rooms.push(name);
  }
  assertEquals(listed.sort(), rooms.sort());
});

/** Whether a file of a folder calls a function of Deno; types and errors are compared only. */
async function callsDeno(folder: string): Promise<boolean> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    // A script that makes a file of the room; nothing imports it.
    if (name === "embed.ts") continue;
    if (isDirectory ? await callsDeno(path) : callsIn(await Deno.readTextFile(path))) return true;
  }
  return false;
}

function callsIn(source: string): boolean {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  return /\bDeno\.([a-z][A-Za-z]*)\b/.exec(code.replaceAll("Deno.errors", "")) !== null;
}
