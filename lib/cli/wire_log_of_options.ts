import { CliError, reasonOf } from "./cli_error.ts";
import type { ServeOptions } from "./options.ts";

/** The file of a wire log. */
export interface WireLogFile extends Disposable {
  readonly write: (transcript: string) => void;
}

/**
 * The wire log that `--wire-log` names; null for none.
 *
 * @throws {CliError} when the file cannot be written
 */
export async function wireLogOf(options: ServeOptions): Promise<WireLogFile | null> {
  const path = options["wire-log"];
  if (path === null) return null;
  try {
    const file = await Deno.open(path, { create: true, append: true, mode: 0o600 });
    const encoder = new TextEncoder();
    return {
      write(transcript) {
        const octets = encoder.encode(transcript);
        for (let written = 0; written < octets.length;) {
          written += file.writeSync(octets.subarray(written));
        }
      },
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    throw CliError.environment(`--wire-log ${path}: ${reasonOf(error)}`, error);
  }
}
