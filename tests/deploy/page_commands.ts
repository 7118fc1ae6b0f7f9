import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../..", import.meta.url));

/**
 * The commands of a section of a page that begin with `$`, up to the next heading, each with its further lines.
 *
 * @throws {Error} if the page has no such heading
 */
export async function consoleOf(page: string, heading: string): Promise<readonly string[]> {
  const text = await Deno.readTextFile(join(root, page));
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`${page} has no "${heading}"`);
  const [section = ""] = text.slice(start + heading.length + 2).split(/^#{1,6} /m);
  const blocks = section.matchAll(/^```console\n([^]*?)^```/gm);
  return [...blocks].flatMap(([, block = ""]) => block.split(/^\$ /m).slice(1));
}
