import {
  checkedOptions,
  flag,
  given,
  orNull,
  type SettingsTable,
  text,
} from "../settings/setting.ts";

/**
 * A response code without its brackets: one that clients know, or any other that RFC 2449 section 8 allows.
 *
 * - `IN-USE`, `LOGIN-DELAY` (RFC 2449): another session has the mailbox; the last login was a moment ago.
 * - `AUTH`, `SYS/TEMP`, `SYS/PERM` (RFC 3206): name or password are wrong; the server has a problem, for a while or until
 *   somebody mends it.
 * - `UTF8` (RFC 6856): the message needs UTF8.
 * - `READ-ONLY`, `UID/NOT-FOUND`: what this server says of DELE, and of a unique id that it does not know.
 *
 * @example
 * ```ts
 * import { Pop3ResponseError, type ResponseCode } from "@pop3svc/pop3svc";
 *
 * const code: ResponseCode = "SYS/TEMP";
 * const down = new Pop3ResponseError("The store is down.", { code });
 * ```
 */
export type ResponseCode =
  | "IN-USE"
  | "LOGIN-DELAY"
  | "AUTH"
  | "SYS/TEMP"
  | "SYS/PERM"
  | "UTF8"
  | "READ-ONLY"
  | "UID/NOT-FOUND"
  | (string & Record<never, never>);

/** How the client learns of a {@linkcode Pop3ResponseError}. */
export interface Pop3ResponseErrorOptions extends ErrorOptions {
  /** A response code without its brackets: `IN-USE`, `SYS/TEMP`, `AUTH`. None by default. */
  readonly code?: ResponseCode | null;
  /** Whether the connection is closed after the reply. False by default. */
  readonly closes?: boolean;
}

/** RFC 2449 section 8: levels of printable octets, with slashes between them. Brackets would end the code. */
const CODE = /^[\x21-\x2e\x30-\x5a\x5c\x5e-\x7e]+(\/[\x21-\x2e\x30-\x5a\x5c\x5e-\x7e]+)*$/;

const responseSettings: SettingsTable<
  Required<Pick<Pop3ResponseErrorOptions, "code" | "closes">> & { readonly cause: unknown }
> = {
  code: orNull(text(CODE, "a response code without its brackets, such as IN-USE or SYS/TEMP", "")),
  closes: flag(false),
  cause: given("anything", (value): value is unknown => value !== undefined, undefined),
};

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
  readonly code: ResponseCode | null;
  /** Whether the connection is closed after the reply. */
  readonly closes: boolean;

  /**
   * Makes an error that becomes a reply.
   *
   * @param message the text of the reply
   * @throws {RangeError} for a response code that is none
   * @throws {TypeError} for an option of the wrong kind, or that there is not
   */
  constructor(message: string, options: Pop3ResponseErrorOptions = {}) {
    super(message, options);
    const { code, closes } = checkedOptions(responseSettings, options);
    this.code = code;
    this.closes = closes;
  }
}
