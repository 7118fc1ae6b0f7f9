/** Several users with mailboxes in memory. */
import { nameKeysOf, preparerOf, type UsernameCase } from "../auth/prepared_text.ts";
import { timingSafeEqual } from "../auth/timing_safe_equal.ts";
import { MemoryMailbox } from "../mailbox/memory_mailbox.ts";
import type { MemoryMessages } from "../mailbox/memory_messages.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider, UserSecrets } from "../provider/mailbox_provider.ts";
import {
  checked,
  checkedOptions,
  given,
  oneOf,
  required,
  type SettingsTable,
  shown,
  text,
} from "../settings/setting.ts";

/** A user of a {@linkcode MemoryProvider}. */
export interface MemoryUser {
  /** The password. An empty one lets nobody in. */
  readonly password: string;
  /** The messages, as a {@linkcode MemoryMailbox} takes them. None by default. */
  readonly messages?: MemoryMessages;
}

/** The options of a {@linkcode MemoryProvider}. */
export interface MemoryProviderOptions {
  /** How names are compared: `lower` (the default) ignores the case of letters, `keep` does not. */
  readonly usernameCase?: UsernameCase;
}

const userSettings: SettingsTable<Required<MemoryUser>> = {
  password: required(text(/^/, "a text", "")),
  // The mailbox looks at them closely.
  messages: given("messages", (value): value is MemoryMessages => value !== null, []),
};

const memoryProviderSettings: SettingsTable<Required<MemoryProviderOptions>> = {
  usernameCase: oneOf<UsernameCase>(["lower", "keep"]),
};

interface UserInMemory {
  readonly password: string;
  readonly mailbox: MemoryMailbox;
}

/**
 * A provider of users and messages in memory, for tests and examples.
 *
 * @example
 * ```ts
 * import { MemoryProvider, Pop3Listener } from "@pop3svc/pop3svc";
 *
 * const provider = new MemoryProvider({
 *   ann: { password: "secret", messages: ["Subject: Hello\n\nAnn\n"] },
 *   bob: { password: "hidden" },
 * });
 * await using pop3 = new Pop3Listener({ provider });
 * provider.mailboxOf("bob")?.add("Subject: Hello\n\nBob\n");
 * provider.addUser("cyd", { password: "covert" });
 * ```
 */
export class MemoryProvider implements MailboxProvider {
  /** What log lines call it. */
  readonly name: string = "memory";
  /** The passwords of the users, for APOP and SCRAM. */
  readonly secrets: UserSecrets;
  readonly #usernameCase: UsernameCase;
  /** By name, as it was given. */
  readonly #users = new Map<string, UserInMemory>();

  /**
   * Makes a provider of these users.
   *
   * @throws {RangeError} for a user twice, or what is not allowed
   * @throws {TypeError} for what is missing or of the wrong kind
   */
  constructor(
    users: Readonly<Record<string, MemoryUser>> = {},
    options: MemoryProviderOptions = {},
  ) {
    this.#usernameCase = checkedOptions(memoryProviderSettings, options).usernameCase;
    if (typeof users !== "object" || users === null) {
      throw new TypeError(
        `users: ${shown(users)}: give an object: { name: { password, messages } }`,
      );
    }
    for (const [username, user] of Object.entries(users)) this.addUser(username, user);
    this.secrets = {
      offers: "apop-and-scram",
      secretOf: async (_info, username) => {
        const { password = "" } = await this.#find(username) ?? {};
        return password === "" ? null : { type: "plain", password };
      },
      openMailbox: async (_info, username) => (await this.#find(username))?.mailbox ?? null,
    };
  }

  /**
   * Adds a user, who may log in from now on.
   *
   * @returns the mailbox of the user
   * @throws {RangeError} for a user who is there already, or what is not allowed
   * @throws {TypeError} for what is missing or of the wrong kind
   */
  addUser(username: string, user: MemoryUser): MemoryMailbox {
    const { password, messages } = checkedOptions(userSettings, user);
    if (this.mailboxOf(checked("username", text(/./s, "a name", ""), username)) !== null) {
      throw new RangeError(`the user ${JSON.stringify(username)} is there already`);
    }
    const mailbox = new MemoryMailbox(messages, { name: username });
    this.#users.set(username, { password, mailbox });
    return mailbox;
  }

  /** The mailbox of a user; null where there is no such user. */
  mailboxOf(username: string): MemoryMailbox | null {
    const key = this.#roughKey(username);
    for (const [name, { mailbox }] of this.#users) {
      if (this.#roughKey(name) === key) return mailbox;
    }
    return null;
  }

  /** The mailbox of the user with this name and password. */
  async authenticate(
    _info: ConnectionInfo,
    username: string,
    password: string,
  ): Promise<Mailbox | null> {
    const user = await this.#find(username);
    // An unknown name costs the same time as a wrong password.
    const right = user?.password ?? "";
    const prepare = await preparerOf(password, right);
    const isRight = timingSafeEqual(prepare(password), prepare(right));
    return user !== null && isRight && password !== "" ? user.mailbox : null;
  }

  /**
   * The name in the form in which names are compared: prepared, and in lower case unless `usernameCase` is `keep`.
   */
  async canonicalUsername(username: string): Promise<string> {
    return (await nameKeysOf(this.#usernameCase, username))(username);
  }

  async #find(username: string): Promise<UserInMemory | null> {
    const keyOf = await nameKeysOf(this.#usernameCase, username, ...this.#users.keys());
    const key = keyOf(username);
    return [...this.#users].find(([name]) => keyOf(name) === key)?.[1] ?? null;
  }

  /** The key of a name but for what SASLprep does, which is loaded only where a login needs it. */
  #roughKey(name: string): string {
    return this.#usernameCase === "keep" ? name : name.toLowerCase().normalize("NFKC");
  }
}
