/** The one place where an error becomes a reply. */
import { Pop3ResponseError } from "../provider/response_error.ts";
import { type Concern, failureCosts } from "../protocol/failure_costs.ts";
import { closing, type ErrorReply, errReply } from "../protocol/reply.ts";
import { ofWords, type Text } from "./languages/text.ts";

/** The reply to a failure: the words that the provider chose, or only that something failed. The rest goes to the log. */
export function replyToFailure(failure: unknown, concern: Concern): ErrorReply<Text> {
  if (failure instanceof Pop3ResponseError) {
    const reply = errReply(ofWords(failure.message), failure.code);
    return failure.closes ? closing(reply) : reply;
  }
  if (failure instanceof Error && failure.name === "NotSupported") {
    return errReply("notAvailable");
  }
  // RFC 3206 section 4: SYS/TEMP says that the server has a problem, which may be over later.
  const reply = errReply("systemError", "SYS/TEMP");
  return failureCosts[concern].endsSession ? closing(reply) : reply;
}
