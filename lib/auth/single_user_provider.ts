import type { ConnectionInfo } from "../mailbox/connection_info.ts";
import type { Mailbox, MailboxProvider } from "../mailbox/mailbox.ts";

/** Who the one user is. */
export interface SingleUserOptions {
  /** The name that USER must say. */
  readonly username: string;
  /** The password that PASS must say. */
  readonly password: string;
  /** Opens the mailbox, once for each login. */
  readonly openMailbox: () => Mailbox;
}

/**
 * One user with one password.
 *
 * @example
 * ```ts
 * import { MemoryMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
 *
 * const mailbox = new MemoryMailbox({ "1": "Subject: Hello\r\n\r\nWorld\r\n" });
 * const provider = new SingleUserProvider({
 *   username: "me",
 *   password: "passw0rd",
 *   openMailbox: () => mailbox,
 * });
 * ```
 */
export class SingleUserProvider implements MailboxProvider {
  /** What log lines call it. */
  readonly name: string = "single user";
  readonly #options: SingleUserOptions;

  /**
   * Makes a provider for one user.
   *
   * @param options who may log in, and to what
   */
  constructor(options: SingleUserOptions) {
    this.#options = options;
  }

  /** The mailbox, for this name and this password only. */
  authenticate(
    _info: ConnectionInfo,
    username: string,
    password: string,
  ): Mailbox | null {
    // Both are compared in any case: the time must not tell which of them was wrong.
    const isUser = equalInConstantTime(username, this.#options.username);
    const isPassword = equalInConstantTime(password, this.#options.password);
    return isUser && isPassword ? this.#options.openMailbox() : null;
  }
}

const encoder = new TextEncoder();

/** Takes a time that depends on what was given only, not on how much of it is right. */
function equalInConstantTime(given: string, right: string): boolean {
  const a = encoder.encode(given);
  const b = encoder.encode(right);
  let difference = a.length ^ b.length;
  for (const [index, octet] of a.entries()) {
    difference |= octet ^ (b[index % b.length] ?? 0);
  }
  return difference === 0;
}
