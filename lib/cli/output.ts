/**
 * What a server says: lines on standard output, and its log on standard error. Either may be a pipe that nobody empties,
 * a file on a full disk, or closed: that costs lines, which are counted, and nothing else.
 */
import { EventLog } from "../telemetry/event_log.ts";
import { LineWriter } from "../telemetry/line_writer.ts";
import { lineOf, type LogFormat, type Logged, type LogLevel } from "../telemetry/log_lines.ts";
import { printable } from "../telemetry/printable.ts";

/** Both, until it is disposed of; that takes a moment at most. */
export class Output implements AsyncDisposable {
  readonly #format: LogFormat;
  readonly #lines: LineWriter;
  readonly #logLines: LineWriter;
  readonly #log: EventLog;

  constructor(format: LogFormat, level: LogLevel) {
    this.#format = format;
    this.#lines = new LineWriter(Deno.stdout, {
      lost: (lines) => this.#announcement(`${lines} lines were lost`, { event: "lost", lines }),
    });
    this.#logLines = new LineWriter(Deno.stderr, {
      lost: (lines) => lineOf("warn", "lost", { lines }, new Date(), format),
    });
    this.#log = new EventLog({ format, level, write: (line) => this.#logLines.write(line) });
  }

  /** Writes about an event to the log. */
  log(event: Logged): void {
    this.#log.observe(event);
  }

  /** Writes to the log that something failed that belongs to no connection. */
  logError(during: string, error: unknown): void {
    this.log({ type: "error", connection: null, during, error });
  }

  /** Writes to standard output. */
  announce(text: string, facts: Readonly<Record<string, unknown>>): void {
    this.#lines.write(this.#announcement(text, facts));
  }

  #announcement(text: string, facts: Readonly<Record<string, unknown>>): string {
    return printable(this.#format === "json" ? JSON.stringify(facts) : text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log[Symbol.dispose]();
    await Promise.all([
      this.#lines[Symbol.asyncDispose](),
      this.#logLines[Symbol.asyncDispose](),
    ]);
  }
}

/** Says why the program ends; a pipe that nobody empties does not keep it from that. */
export async function complain(line: string): Promise<void> {
  await using standardError = new LineWriter(Deno.stderr, { lost: String });
  standardError.write(line);
}
