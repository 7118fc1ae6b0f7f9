/** How a {@linkcode Pop3ResponseError} is told to the client. */
export interface Pop3ResponseErrorOptions extends ErrorOptions {
  /** A response code (RFC 2449 section 8, RFC 3206) without its brackets: `IN-USE`, `SYS/TEMP`, `AUTH`. */
  readonly code?: string;
  /** Close the connection behind the reply. False by default. */
  readonly closes?: boolean;
}

/**
 * Thrown by a provider or a mailbox to choose what the client is told.
 *
 * @example
 * ```ts
 * import { Pop3ResponseError } from "@pop3svc/pop3svc";
 *
 * const busy = new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE" });
 * busy.code; // the client hears: -ERR [IN-USE] Another session has this mailbox.
 * ```
 */
export class Pop3ResponseError extends Error {
  /** Always `Pop3ResponseError`. */
  override readonly name: string = "Pop3ResponseError";
  /** The response code without its brackets, or null for none. */
  readonly code: string | null;
  /** Is the connection closed behind the reply? */
  readonly closes: boolean;

  /**
   * Makes an error that becomes this reply.
   *
   * @param message the text of the reply
   */
  constructor(message: string, options: Pop3ResponseErrorOptions = {}) {
    super(message, options);
    this.code = options.code ?? null;
    this.closes = options.closes ?? false;
  }
}
