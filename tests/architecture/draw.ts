/** `deno task architecture`: writes the table of rooms into ARCHITECTURE.md. */
import { allImports, drawRooms } from "./imports.ts";

const page = new URL("../../ARCHITECTURE.md", import.meta.url);
const text = await Deno.readTextFile(page);
const table = drawRooms(await allImports());
await Deno.writeTextFile(page, text.replace(/^\| room [\s\S]*?\n(?=\n)/m, `${table}\n`));
await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", "ARCHITECTURE.md"] }).output();
