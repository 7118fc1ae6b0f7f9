/** How the client learns of a {@linkcode Pop3ResponseError}. */
export interface Pop3ResponseErrorOptions extends ErrorOptions {
  /** A response code (RFC 2449 section 8, RFC 3206) without its brackets: `IN-USE`, `SYS/TEMP`, `AUTH`. */
  readonly code?: string;
  /** Whether the connection is closed after the reply. False by default. */
  readonly closes?: boolean;
}

/**
 * Thrown by a provider or a mailbox to choose the client's reply.
 *
 * @example
 * ```ts
 * import { Pop3ResponseError } from "@pop3svc/pop3svc";
 *
 * const busy = new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE" });
 * busy.code; // the client receives: -ERR [IN-USE] Another session has this mailbox.
 * ```
 */
export class Pop3ResponseError extends Error {
  /** Always `Pop3ResponseError`. */
  override readonly name: string = "Pop3ResponseError";
  /** The response code without its brackets, or null for none. */
  readonly code: string | null;
  /** Whether the connection is closed after the reply. */
  readonly closes: boolean;

  /**
   * Makes an error that becomes a reply.
   *
   * @param message the text of the reply
   */
  constructor(message: string, options: Pop3ResponseErrorOptions = {}) {
    super(message, options);
    this.code = options.code ?? null;
    this.closes = options.closes ?? false;
  }
}
