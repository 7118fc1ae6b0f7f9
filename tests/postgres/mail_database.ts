/** A database with the tables of pop3svc, two roles, and the user `me`. */
import {
  addAccount,
  migrate,
  PostgresDatabase,
  type PostgresDatabaseOptions,
  PostgresProvider,
  type PostgresProviderOptions,
} from "../../lib/postgres/mod.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mailbox_conformance.ts";
import { newDatabase, type TestDatabase } from "./test_postgres.ts";

export class MailDatabase implements AsyncDisposable {
  readonly database: TestDatabase;
  /** As the owner of the tables. */
  readonly owner: PostgresDatabase;
  /** As the server. */
  readonly opened: PostgresDatabase;
  /** As what delivers mail. */
  readonly delivery: PostgresDatabase;
  readonly #options: PostgresProviderOptions;
  readonly #providers: PostgresProvider[] = [];

  private constructor(database: TestDatabase, options: PostgresProviderOptions) {
    this.database = database;
    this.owner = new PostgresDatabase(database.url(), { connections: 2 });
    this.opened = new PostgresDatabase(database.url("server"), { connections: 4 });
    this.delivery = new PostgresDatabase(database.url("delivery"), { connections: 1 });
    this.#options = options;
  }

  static async create(
    database?: TestDatabase,
    options: PostgresProviderOptions = {},
  ): Promise<MailDatabase> {
    const mail = new MailDatabase(database ?? await newDatabase(), options);
    await migrate(mail.owner, { serverRole: "server", deliveryRole: "delivery" });
    await addAccount(mail.owner, "me", "{PLAIN}passw0rd");
    return mail;
  }

  get serverUrl(): string {
    return this.database.url("server");
  }

  sql(text: string): Promise<string[]> {
    return this.database.sql(text);
  }

  /** The mailbox of a user, opened by a provider of its own, as another process would. */
  async open(options: PostgresProviderOptions = {}, user = "me"): Promise<Mailbox> {
    const provider = new PostgresProvider(this.opened, { ...this.#options, ...options });
    this.#providers.push(provider);
    const mailbox = await provider.authenticate(testConnectionInfo(), user, "passw0rd");
    if (mailbox === null) throw new Error(`${user} cannot log in`);
    return mailbox;
  }

  /** Another process, as the server's role. */
  connect(options: PostgresDatabaseOptions, port?: number): PostgresDatabase {
    return new PostgresDatabase(this.database.url("server", port), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const provider of this.#providers) await provider[Symbol.asyncDispose]();
    for (const each of [this.owner, this.opened, this.delivery]) await each[Symbol.asyncDispose]();
  }
}
