/** A file to which lines are appended, and which is opened again by its name after a rotation. */
import { type LineSink, LineWriter, openToAppend, reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";

/** What is written in the file, and who hears of failures. */
export interface AppendedFileOptions {
  /** The option that names the file. */
  readonly option: string;
  /** What stands in the place of so many lost lines. */
  readonly lost: (lines: number) => string;
  /** Called when the file can no longer be written, or cannot be opened again. */
  readonly fails: (error: unknown) => void;
  /** The most octets that wait for the disk. */
  readonly mostOctets?: number;
}

/** A file that is written in the background. Disposing of it writes what is left, for a short time at most. */
export class AppendedFile implements AsyncDisposable {
  readonly #file: ReopenedFile;
  readonly #writer: LineWriter;

  private constructor(file: ReopenedFile, options: AppendedFileOptions) {
    this.#file = file;
    this.#writer = new LineWriter(file, { ...options, onFailure: options.fails });
  }

  /** @throws {CliError} when the file cannot be opened */
  static async open(path: string, options: AppendedFileOptions): Promise<AppendedFile> {
    try {
      const file = await openToAppend(path);
      return new AppendedFile(new ReopenedFile(path, file, options.fails), options);
    } catch (error) {
      throw CliError.environment(`${options.option} ${path}: ${reasonOf(error)}`, error);
    }
  }

  /** Queues a line. Does not wait, and never throws. */
  write(line: string): void {
    this.#writer.write(line);
  }

  /** Opens the file again by its name before the next write: it may have been rotated. */
  reopen(): void {
    this.#file.reopen();
    this.#writer.prepare();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    this.#file.close();
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
