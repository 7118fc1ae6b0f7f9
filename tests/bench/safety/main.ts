/**
 * `deno task bench:safety`: the time that the rules of lib/files take, in a folder that only the server's user can write
 * and in one that everybody can; with all permissions of Deno, and with those of the executable.
 */
import { fromFileUrl, join } from "@std/path";
import { EXECUTABLE_PERMISSIONS } from "../../../lib/cli/permissions.ts";

const measure = fromFileUrl(new URL("measure.ts", import.meta.url));
const parent = await Deno.makeTempDir({ prefix: "pop3svc-bench-" });
const message = `Subject: x\r\n\r\n${`${"y".repeat(78)}\r\n`.repeat(50)}`;

async function run(permissions: readonly string[], folder: string) {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...permissions, measure, folder],
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

try {
  for (const [kind, mode] of [["private", 0o700], ["exposed", 0o777]] as const) {
    const folder = join(parent, kind);
    await Deno.mkdir(folder);
    for (let number = 100; number < 300; number++) {
      await Deno.writeTextFile(join(folder, `${number}.eml`), message);
      await Deno.utime(join(folder, `${number}.eml`), number, number);
    }
    await Deno.chmod(folder, mode);
    await Deno.utime(folder, 1_000, 1_000);
    // Until then, a folder whose time was just set is young, and is listed at each login.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    for (
      const [name, permissions] of [["-A", ["-A"]], ["executable", EXECUTABLE_PERMISSIONS]] as const
    ) {
      const { message, login } = await run(permissions, folder);
      console.log(
        `${kind}, ${name}: open and read 4 KB ${message.toFixed(1)} µs, look at a login ${
          login.toFixed(1)
        } µs`,
      );
    }
  }
} finally {
  await Deno.remove(parent, { recursive: true });
}
