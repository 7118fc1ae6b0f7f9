import { Pop3ResponseError } from "./response_error.ts";

/**
 * Thrown by the mailboxes of this library in the only case in which they delete some messages of a set and not others:
 * the disk is full, and no journal can be written anywhere.
 */
export class PartialDeletionError extends Pop3ResponseError {
  override readonly name = "PartialDeletionError";
  /** The unique ids of the messages that are still there. */
  readonly left: ReadonlySet<string>;

  constructor(left: ReadonlySet<string>, options: ErrorOptions = {}) {
    super("The disk is full, so messages were deleted one by one.", {
      code: "SYS/TEMP",
      ...options,
    });
    this.left = left;
  }
}
