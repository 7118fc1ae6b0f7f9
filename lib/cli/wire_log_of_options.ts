/** The file that `--wire-log` names. It is written in the background, and opened again at SIGHUP. */
import { type LineSink, LineWriter, openToAppend, reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";
import type { ServeOptions } from "./options.ts";

/** The file of a wire log. */
export interface WireLogFile extends AsyncDisposable {
  /** Queues a transcript for writing. Does not wait, and never throws. */
  readonly write: (transcript: string) => void;
  /** Opens the file again by its name before the next write: it may have been rotated. */
  readonly reopen: () => void;
}

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
): Promise<WireLogFile | null> {
  const path = options["wire-log"];
  if (path === null) return null;
  try {
    const file = new ReopenedFile(path, await openToAppend(path), fails);
    const writer = new LineWriter(file, {
      lost: (transcripts) => `# ${transcripts} transcripts were lost here\n`,
      onFailure: fails,
      mostOctets: MOST_OCTETS,
    });
    return {
      write: (transcript) => writer.write(transcript),
      reopen() {
        file.reopen();
        writer.prepare();
      },
      async [Symbol.asyncDispose]() {
        await writer[Symbol.asyncDispose]();
        file.close();
      },
    };
  } catch (error) {
    throw CliError.environment(`--wire-log ${path}: ${reasonOf(error)}`, error);
  }
}

/** A file that can be opened again by its name; when that fails, the old one stays open. */
class ReopenedFile implements LineSink {
  readonly #path: string;
  readonly #fails: (error: unknown) => void;
  #file: Deno.FsFile;
  #isWanted = false;

  constructor(path: string, file: Deno.FsFile, fails: (error: unknown) => void) {
    this.#path = path;
    this.#file = file;
    this.#fails = fails;
  }

  reopen(): void {
    this.#isWanted = true;
  }

  async prepare(): Promise<boolean> {
    if (!this.#isWanted) return false;
    this.#isWanted = false;
    try {
      const file = await openToAppend(this.#path);
      this.close();
      this.#file = file;
      return true;
    } catch (error) {
      this.#fails(error);
      return false;
    }
  }

  write(octets: Uint8Array): Promise<number> {
    return this.#file.write(octets);
  }

  close(): void {
    this.#file.close();
  }
}
