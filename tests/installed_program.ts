/** Runs programs that others wrote, when they are installed; skips their tests loudly when they are not. */
import { assert, assertEquals } from "@std/assert";

/** Every program here needs only a few seconds; one that hangs must not hang the tests. */
const DEADLINE_MS = 60_000;

/** Runs a program with some standard input until it ends; kills it at the deadline. */
export async function run(
  program: string,
  args: readonly string[],
  stdin: Uint8Array = new Uint8Array(),
): Promise<Uint8Array> {
  const process = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isOverdue = false;
  const deadline = setTimeout(() => {
    isOverdue = true;
    process.kill("SIGKILL");
  }, DEADLINE_MS);
  try {
    const writer = process.stdin.getWriter();
    await writer.write(stdin);
    await writer.close();
    const { code, stdout, stderr } = await process.output();
    const said = new TextDecoder().decode(stderr);
    assert(!isOverdue, `${program} had not ended after ${DEADLINE_MS} ms: ${said}`);
    assertEquals(code, 0, said);
    return stdout;
  } finally {
    clearTimeout(deadline);
  }
}

async function isInstalled(program: string, probe: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: [...probe], stdout: "null", stderr: "null" })
      .output())
      .success;
  } catch {
    return false;
  }
}

/**
 * Registers a test that needs a program; prints a warning and skips it when the program is missing.
 *
 * @param probe arguments with which the program does nothing and exits with 0
 */
export async function testWith(
  program: string,
  name: string,
  body: () => Promise<void>,
  probe: readonly string[] = ["--version"],
): Promise<void> {
  const ignore = !await isInstalled(program, probe);
  if (ignore) console.warn(`SKIPPED: "${name}" needs ${program}, which is not installed`);
  Deno.test({ name, ignore, fn: body });
}
