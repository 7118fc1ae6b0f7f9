/**
 * Compiles the executable: `deno task compile [--target TARGET] [--output FILE]`.
 *
 * The executable has the permissions of `lib/cli/permissions.ts` and cannot ask for more. `--include` names the code of
 * the password threads, which no import leads to.
 */
import { EXECUTABLE_PERMISSIONS } from "../lib/cli/permissions.ts";
import { MEMORY_FLAGS } from "./memory_flags.ts";

const given = Deno.args.includes("--output")
  ? Deno.args
  : [...Deno.args, "--output", "dist/pop3svc"];
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "compile",
    ...EXECUTABLE_PERMISSIONS,
    MEMORY_FLAGS,
    "--exclude-unused-npm",
    ...["--include", "lib/auth/passwords/hash_worker.ts"],
    ...given,
    "main.ts",
  ],
  cwd: new URL("..", import.meta.url),
}).spawn().status;
Deno.exit(code);
