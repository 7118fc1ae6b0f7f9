/**
 * The program: serves a folder of mail over POP3. `deno run -A main.ts --help` lists its commands and options.
 *
 * @module
 */
import { main } from "./lib/cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
