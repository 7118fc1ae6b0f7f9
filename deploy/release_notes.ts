/** Prints the section of CHANGELOG.md for the version in deno.json; fails when there is none. */
import deno from "../deno.json" with { type: "json" };

const changelog = await Deno.readTextFile(new URL("../CHANGELOG.md", import.meta.url));
const section = changelog.split(/^## /m).find((each) => each.startsWith(`[${deno.version}]`));
if (section === undefined) throw new Error(`CHANGELOG.md has no section for ${deno.version}`);
console.log(section.split("\n").slice(1).join("\n").trim());
