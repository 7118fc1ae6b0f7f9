/** Imports in `lib/` go one way: none to a higher floor, no circle, and every file has a place. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  allImports,
  BUILD_STEPS,
  drawRooms,
  ENTRIES,
  floorOf,
  type Import,
} from "./architecture/imports.ts";

const lib = new URL("../lib/", import.meta.url);

const all = await allImports();

Deno.test("no file imports from a higher floor", () => {
  const upward = all.filter(({ from, to }) => floorOf(from) < floorOf(to));
  assertEquals(upward.map(({ from, to }) => `${from} imports ${to}`), []);
});

Deno.test("no files import each other in a circle", () => {
  assertEquals(circles(all), []);
});

Deno.test("every file of lib/ lies in a known room, and something reaches it", async () => {
  const known = new Set<string>([...BUILD_STEPS, ...ENTRIES, ...all.map(({ to }) => to)]);
  const strangers: string[] = [];
  for await (const path of sources(lib, "lib/")) {
    if (!known.has(path)) strangers.push(`${path}: no entry reaches it`);
    if (floorOf(path) === -1) strangers.push(`${path}: its room has no floor in ROOMS`);
  }
  assertEquals(strangers, []);
});

Deno.test("the program imports nothing of the library but its entries", () => {
  const entries = new Set<string>(ENTRIES);
  const others = all.filter(({ from, to }) =>
    from.startsWith("lib/cli/") && to.startsWith("lib/") && !to.startsWith("lib/cli/") &&
    !entries.has(to)
  );
  assertEquals(others.map(({ from, to }) => `${from} imports ${to}`), []);
});

Deno.test("nobody but the program loads the room for PostgreSQL, and only by its entry", () => {
  const loaders = all.filter(({ from, to }) =>
    to.startsWith("lib/postgres/") && !from.startsWith("lib/postgres/") &&
    !(from.startsWith("lib/cli/") && to === "lib/postgres/mod.ts")
  );
  assertEquals(loaders.map(({ from, to }) => `${from} imports ${to}`), []);
});

Deno.test("no file of lib/ has 250 lines or more", async () => {
  const long: string[] = [];
  for await (const path of sources(lib, "lib/")) {
    const lines =
      (await Deno.readTextFile(new URL(`../${path}`, import.meta.url))).split("\n").length;
    if (lines - 1 > 249) long.push(`${path}: ${lines}`);
  }
  assertEquals(long, []);
});

Deno.test("ARCHITECTURE.md draws the rooms as they are, in less than 150 lines", async () => {
  const page = await Deno.readTextFile(new URL("../ARCHITECTURE.md", import.meta.url));
  assertStringIncludes(withoutPadding(page), withoutPadding(drawRooms(all)));
  assertEquals(page.split("\n").length < 150, true);
  assertEquals(page.match(/^(<{7}|={7}|>{7})/gm), null, "the page holds marks of a merge");
});

/** A table, whose columns `deno fmt` pads. */
function withoutPadding(table: string): string {
  return table.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-");
}

/** One circle of each knot of files, as `a -> b -> a`. */
function circles(imports: readonly Import[]): string[] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) found.push([...path.slice(start), file].join(" -> "));
    if (start !== -1 || done.has(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

async function* sources(folder: URL, path: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder), `${path}${name}/`);
    else if (name.endsWith(".ts")) yield `${path}${name}`;
  }
}
