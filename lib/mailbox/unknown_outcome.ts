import { Pop3ResponseError } from "../provider/response_error.ts";

/**
 * The disk has not answered when a deletion was decided, or the decision could not be taken back. All messages of the
 * set are gone or none is, but nobody knows which.
 */
export class UnknownOutcomeError extends Pop3ResponseError {
  constructor(cause: unknown) {
    super("It is not known yet whether your messages were deleted; the next login shows it.", {
      code: "SYS/TEMP",
      cause,
    });
  }
}
