import { printable } from "../program.ts";

/** An error that the user can correct: one line on standard error and an exit code, never a stack trace. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: 1 | 2;

  private constructor(message: string, exitCode: 1 | 2, options?: ErrorOptions) {
    super(printable(message.replaceAll(/\s*[\r\n]\s*/g, " ")), options);
    this.exitCode = exitCode;
  }

  /** A wrong option or value. */
  static usage(message: string): CliError {
    return new CliError(message, 2);
  }

  /** A problem of the machine, not of the command line: a port in use, a file that cannot be read. */
  static environment(message: string, cause?: unknown): CliError {
    return new CliError(message, 1, { cause });
  }
}
