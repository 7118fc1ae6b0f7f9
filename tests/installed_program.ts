/** Programs that a test uses where they are installed. */
import { assertEquals } from "@std/assert";

/** Runs it to its end, with some standard input. */
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
  const writer = process.stdin.getWriter();
  await writer.write(stdin);
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return stdout;
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
