import { Pop3ResponseError } from "../provider/response_error.ts";

/** Says in a few words what went wrong, without the error numbers and system calls that Deno's messages have. */
export function reasonOf(error: unknown): string {
  // The message of a Pop3ResponseError is the reply to the client, which must not say what went wrong.
  if (error instanceof Pop3ResponseError && error.cause !== undefined) return reasonOf(error.cause);
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.AddrInUse) return "another program is using it";
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address";
  }
  return error instanceof Error ? error.message : String(error);
}
