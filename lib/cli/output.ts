/**
 * The server's output: lines on standard output, the log on standard error. When either is a pipe that nobody reads, a
 * file on a full disk, or closed, lines are lost and counted, but the server goes on.
 */
import {
  eventOf,
  LineWriter,
  type LogFormat,
  type LogLevel,
  printable,
  programLog,
  type ProgramLogger,
} from "../program.ts";

/** Both outputs. Disposing of it writes what is left, for a short time at most. */
export class Output implements AsyncDisposable {
  readonly #format: LogFormat;
  readonly #lines: LineWriter;
  /** Logs an event. */
  readonly log: ProgramLogger;

  constructor(format: LogFormat, level: LogLevel) {
    this.#format = format;
    this.#lines = new LineWriter(Deno.stdout, {
      lost: (lines) => this.#announcement(`${lines} lines were lost`, { event: "lost", lines }),
    });
    this.log = programLog({ format, level });
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
  }
}

/** Writes to standard error why the program ends; a pipe that nobody reads cannot delay the end for long. */
export async function complain(line: string): Promise<void> {
  await using standardError = new LineWriter(Deno.stderr, { lost: String });
  standardError.write(line);
}
