import { printable } from "../program.ts";

/** 64, 65, 67 and 75 are those of sysexits(3), for a mail server that runs `deliver`. */
type ExitCode = 1 | 2 | 64 | 65 | 67 | 75;

/** An error that the user can correct: one line on standard error and an exit code, never a stack trace. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  private constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
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

  /** A delivery of nothing (EX_DATAERR): trying again would not help. */
  static noMessage(message: string): CliError {
    return new CliError(message, 65);
  }

  /** A delivery for which nobody is there (EX_NOUSER): the mail server sends the message back. */
  static noUser(message: string, cause: unknown): CliError {
    return new CliError(message, 67, { cause });
  }

  /** A delivery that may succeed later (EX_TEMPFAIL): the mail server keeps the message. */
  static tryLater(message: string, cause: unknown): CliError {
    return new CliError(message, 75, { cause });
  }

  /** The same as a mail server reads it. Only a wrong command line is final; all else can be repaired meanwhile. */
  get ofDelivery(): CliError {
    const { message, cause, exitCode } = this;
    if (exitCode === 2) return new CliError(message, 64, { cause });
    return exitCode === 1 ? CliError.tryLater(message, cause) : this;
  }
}
