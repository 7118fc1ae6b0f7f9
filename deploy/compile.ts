/**
 * Makes the executable: `deno task compile [--target TARGET] [--output FILE]`.
 *
 * It has the permissions of `lib/cli/permissions.ts` and can ask for no more. What it loads only when it is asked for is
 * inside as well: the threads for password hashes are not seen by following imports, and so are named here.
 */
import { EXECUTABLE_PERMISSIONS } from "../lib/cli/permissions.ts";

/** For thousands of connections that wait: docs/performance.md. */
const memory = "--v8-flags=--max-semi-space-size=1";

const given = Deno.args.includes("--output")
  ? Deno.args
  : [...Deno.args, "--output", "dist/pop3svc"];
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "compile",
    ...EXECUTABLE_PERMISSIONS,
    memory,
    "--exclude-unused-npm",
    ...["--include", "lib/auth/passwords/hash_worker.ts"],
    ...given,
    "main.ts",
  ],
  cwd: new URL("..", import.meta.url),
}).spawn().status;
Deno.exit(code);
