/** Programs that a test uses where they are installed. */
import { assert, assertEquals } from "@std/assert";

/** No program here takes more than a few seconds; one that waits for something must not hold up the tests for ever. */
const DEADLINE_MS = 60_000;

/** Runs it to its end, with some standard input; a program that does not end is killed. */
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
 * Registers a test that needs a program; where it is missing, says so loudly and skips.
 *
 * @param probe arguments with which the program ends well, and does nothing
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
