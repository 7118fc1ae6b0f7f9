/** The one place where an error of a provider becomes a reply. */
import { Pop3ResponseError } from "../mailbox/response_error.ts";
import { closing, error as errorReply, type ErrorReply } from "../protocol/reply.ts";

/** What becomes of the session behind a failure in which the provider chose no reply. */
export type AfterFailure = "close" | "go-on";

/** What the client is told of it: the provider's own words, or nothing but that it failed. */
export function replyToFailure(failure: unknown, then: AfterFailure): ErrorReply {
  if (failure instanceof Pop3ResponseError) {
    const reply = errorReply(failure.message, failure.code);
    return failure.critical ? closing(reply) : reply;
  }
  if (failure instanceof Error && failure.name === "NotSupported") {
    return errorReply("Command not available.");
  }
  // RFC 3206 section 4: SYS/TEMP, the problem is the server's and will perhaps be over later.
  const reply = errorReply("System error. Administrators should check logs.", "SYS/TEMP");
  return then === "close" ? closing(reply) : reply;
}
