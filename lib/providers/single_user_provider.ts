/** One user, one password, one mailbox. */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider, UserSecrets } from "../provider/mailbox_provider.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import { nameKeysOf, preparerOf, type UsernameCase } from "../auth/prepared_text.ts";
import {
  callback,
  checkedOptions,
  oneOf,
  required,
  type SettingsTable,
  text,
} from "../settings/setting.ts";
import { timingSafeEqual } from "../auth/timing_safe_equal.ts";

/** The user and the mailbox of a {@linkcode SingleUserProvider}. */
export interface SingleUserOptions {
  /** The user name. */
  readonly username: string;
  /** The password. With an empty one, nobody can log in. */
  readonly password: string;
  /** How the name is compared: `lower` (the default) ignores the case of letters, `keep` does not. */
  readonly usernameCase?: UsernameCase;
  /** Opens the mailbox; called for each login. */
  readonly openMailbox: (info: ConnectionInfo) => Mailbox;
}

const refuse = (): never => {
  throw new Pop3ResponseError("There is no mailbox for you.");
};

const singleUserSettings: SettingsTable<Required<SingleUserOptions>> = {
  username: required(text(/./s, "a name", "")),
  password: required(text(/^/, "a text", "")),
  usernameCase: oneOf<UsernameCase>(["lower", "keep"]),
  openMailbox: required(callback<SingleUserOptions["openMailbox"]>(refuse)),
};
/** The user of a provider. */
export let userOf: (provider: SingleUserProvider) => SingleUserOptions;

/**
 * A provider of one user with one password.
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
  /** The name of this kind of provider. */
  readonly name: string = "single user";
  readonly #options: Required<SingleUserOptions>;

  static {
    userOf = (provider) => provider.#options;
  }

  /**
   * Makes a provider for one user.
   *
   * @param options who may log in, and to what
   * @throws {RangeError} for an option that is not allowed
   * @throws {TypeError} for one that is missing or of the wrong kind, or that there is not
   */
  constructor(options: SingleUserOptions) {
    this.#options = checkedOptions(singleUserSettings, options);
  }

  /** The user's secret, for APOP and SCRAM. */
  get secrets(): UserSecrets {
    const { password, openMailbox } = this.#options;
    return {
      offers: "apop-and-scram",
      secretOf: async (_info, name) =>
        password !== "" && await this.#isUser(name) ? { type: "plain", password } : null,
      openMailbox: async (info, name) => await this.#isUser(name) ? openMailbox(info) : null,
    };
  }

  /** The mailbox, for the right name and password only. */
  async authenticate(
    info: ConnectionInfo,
    username: string,
    password: string,
  ): Promise<Mailbox | null> {
    const prepare = await preparerOf(password, this.#options.password);
    // Both are always compared: the time must not show which of them was wrong.
    const isUser = await this.#isUser(username);
    const isPassword = timingSafeEqual(prepare(password), prepare(this.#options.password));
    return isUser && isPassword && password !== "" ? this.#options.openMailbox(info) : null;
  }

  /**
   * The name in the form in which names are compared: prepared, and in lower case unless `usernameCase` is `keep`.
   */
  async canonicalUsername(name: string): Promise<string> {
    return (await nameKeysOf(this.#options.usernameCase, name))(name);
  }

  async #isUser(name: string): Promise<boolean> {
    const { username, usernameCase } = this.#options;
    const keyOf = await nameKeysOf(usernameCase, name, username);
    return timingSafeEqual(keyOf(name), keyOf(username));
  }
}
