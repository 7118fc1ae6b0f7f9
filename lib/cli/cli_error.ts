import { Pop3ResponseError } from "../provider/response_error.ts";
import { printable } from "../telemetry/printable.ts";

/** What a user can mend: one line on standard error and an exit code, never a stack trace. */
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

  /** Something outside is not as it must be: a port in use, a file that cannot be read. */
  static environment(message: string, cause?: unknown): CliError {
    return new CliError(message, 1, { cause });
  }
}

/** What went wrong, in a few words, without the numbers and calls that a Deno error carries along. */
export function reasonOf(error: unknown): string {
  // Its own text is for the client, who shall not learn more.
  if (error instanceof Pop3ResponseError && error.cause !== undefined) return reasonOf(error.cause);
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.AddrInUse) return "another program is using it";
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address";
  }
  return error instanceof Error ? error.message : String(error);
}
