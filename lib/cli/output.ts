/**
 * The server's output: lines on standard output; the log on standard error, or in the file of `--log-file`. When one of
 * them is a pipe that nobody reads, a file on a full disk, or closed, lines are lost and counted, but the server goes on.
 */
import {
  eventOf,
  LineWriter,
  type LogFormat,
  type LogStamp,
  lostLine,
  printable,
  programLog,
  type ProgramLogger,
  reasonOf,
} from "../program.ts";
import { AppendedFile } from "./appended_file.ts";
import { environmentVariable } from "./environment.ts";
import type { ServeOptions } from "./options.ts";

/** Both outputs. Disposing of it writes what is left, for a short time at most. */
export class Output implements AsyncDisposable {
  readonly #format: LogFormat;
  readonly #lines: LineWriter;
  readonly #file: AppendedFile | null;
  /** Logs an event. */
  readonly log: ProgramLogger;

  private constructor(options: ServeOptions, file: AppendedFile | null) {
    const { "log-format": format, "log-level": level } = options;
    this.#format = format;
    this.#file = file;
    this.#lines = new LineWriter(Deno.stdout, {
      lost: (lines) => this.#announcement(`${lines} lines were lost`, { event: "lost", lines }),
    });
    this.log = file === null
      ? programLog({ format, level }, stampOfStandardError())
      : programLog({ format, level, write: (line) => file.write(line) });
  }

  /** @throws {CliError} when the log file cannot be opened */
  static async open(options: ServeOptions): Promise<Output> {
    const path = options["log-file"];
    if (path === null) return new Output(options, null);
    // When the log itself fails, standard error is the place that is left.
    const standardError = new LineWriter(Deno.stderr, { lost: String });
    const file = await AppendedFile.open(path, {
      option: "--log-file",
      lost: (lines) => lostLine(lines, options["log-format"], "time"),
      fails: (error) => standardError.write(printable(`--log-file ${path}: ${reasonOf(error)}`)),
    });
    return new Output(options, file);
  }

  /** Opens the log file again by its name. */
  reopen(): void {
    this.#file?.reopen();
  }

  /** Logs a failure that belongs to no connection. */
  logError(during: string, error: unknown): void {
    this.log(eventOf({ type: "error", connection: null, during, error }));
  }

  /** Writes a line to standard output: the text, or the facts as JSON. */
  announce(text: string, facts: Readonly<Record<string, unknown>>): void {
    this.#lines.write(this.#announcement(text, facts));
  }

  #announcement(text: string, facts: Readonly<Record<string, unknown>>): string {
    return printable(this.#format === "json" ? JSON.stringify(facts) : text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#lines[Symbol.asyncDispose](), this.log[Symbol.asyncDispose]()]);
    await this.#file?.[Symbol.asyncDispose]();
  }
}

/** systemd sets JOURNAL_STREAM. A shell on a desktop may inherit it, but there standard error is a terminal. */
function stampOfStandardError(): LogStamp {
  const isJournal = (environmentVariable("JOURNAL_STREAM") ?? "") !== "" &&
    !Deno.stderr.isTerminal();
  return isJournal ? "priority" : "time";
}

/** Writes to standard error why the program ends; a pipe that nobody reads cannot delay the end for long. */
export async function complain(line: string): Promise<void> {
  await using standardError = new LineWriter(Deno.stderr, { lost: String });
  standardError.write(stampOfStandardError() === "priority" ? `<3>${line}` : line);
}
