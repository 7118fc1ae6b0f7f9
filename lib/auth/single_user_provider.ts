import type { ConnectionInfo } from "../mailbox/connection_info.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import type { MailboxProvider, UserSecrets } from "../mailbox/mailbox_provider.ts";
import { timingSafeEqual } from "./timing_safe_equal.ts";

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

  /** The one secret, for APOP and SCRAM. */
  get secrets(): UserSecrets {
    const { username, password, openMailbox } = this.#options;
    return {
      offers: "apop-and-scram",
      secretOf: (_info, name) => name === username ? { type: "plain", password } : null,
      openMailbox: (_info, name) => name === username ? openMailbox() : null,
    };
  }

  /** The mailbox, for this name and this password only. */
  authenticate(
    _info: ConnectionInfo,
    username: string,
    password: string,
  ): Mailbox | null {
    // Both are compared in any case: the time must not tell which of them was wrong.
    const isUser = timingSafeEqual(username, this.#options.username);
    const isPassword = timingSafeEqual(password, this.#options.password);
    return isUser && isPassword ? this.#options.openMailbox() : null;
  }
}
