/** The file that `--wire-log` names. It is written in the background, and opened again at SIGHUP. */
import { AppendedFile } from "./appended_file.ts";
import type { ServeOptions } from "./options.ts";

/** The most octets of transcripts in the queue. When it is full, transcripts are lost and counted. */
const MOST_OCTETS = 16_777_216;

/**
 * Opens the wire log; null without `--wire-log`.
 *
 * @param fails called when the file can no longer be written, or cannot be opened again
 * @throws {CliError} when the file cannot be opened
 */
export async function wireLogOf(
  options: ServeOptions,
  fails: (error: unknown) => void,
): Promise<AppendedFile | null> {
  const path = options["wire-log"];
  if (path === null) return null;
  return await AppendedFile.open(path, {
    option: "--wire-log",
    lost: (transcripts) => `# ${transcripts} transcripts were lost here\n`,
    fails,
    mostOctets: MOST_OCTETS,
  });
}
