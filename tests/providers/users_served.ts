/** Users whose mailboxes and users file a test can change while a real listener serves them. */
import { join } from "@std/path";
import { type UsersFileOptions, UsersFileProvider } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

export const WRONG = "-ERR [AUTH] Wrong username or password.";

/** A listener for the users of a file, with their mailboxes beside it. */
export class UsersServed implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly pop3: ObservedListener;
  readonly file: string;
  readonly mail: string;
  #port = 0;

  private constructor(folder: TemporaryFolder, options: UsersFileOptions) {
    this.folder = folder;
    this.file = join(folder.path, "users");
    this.mail = join(folder.path, "mail");
    this.pop3 = new ObservedListener({});
    this.pop3.provider = new UsersFileProvider(this.file, {
      mailRoot: this.mail,
      mailbox: { settleTime: 0 },
      hashing: { threads: 1 },
      onEvent: (event) => this.pop3.onEvent(event),
      ...options,
    });
  }

  static async start(
    lines: readonly string[],
    options: UsersFileOptions = {},
  ): Promise<UsersServed> {
    const served = new UsersServed(await TemporaryFolder.create(), options);
    await Deno.mkdir(served.mail);
    await served.write(lines);
    served.#port = (await served.pop3.listenOn({ hostname: "127.0.0.1", port: 0 })).port;
    return served;
  }

  async write(lines: readonly string[]): Promise<void> {
    await Deno.writeTextFile(this.file, `${lines.join("\n")}\n`);
  }

  /** The errors about the users file. */
  complaints(): string[] {
    return this.pop3.all("error").filter(({ during }) => during === "users file").map(({ error }) =>
      `${error}`
    );
  }

  async message(user: string, text: string): Promise<void> {
    await Deno.mkdir(join(this.mail, user), { recursive: true });
    await Deno.writeTextFile(join(this.mail, user, "a.eml"), text);
  }

  /** The reply to a login. */
  async logIn(user: string, password: string): Promise<string | null> {
    using client = await this.connect();
    return await client.command(`XLOG ${user} ${password}`);
  }

  async connect(): Promise<LoopbackClient> {
    return (await this.greeted()).client;
  }

  async greeted(): Promise<{ readonly client: LoopbackClient; readonly greeting: string }> {
    const client = await LoopbackClient.connect(this.#port);
    return { client, greeting: await client.readLine() ?? "" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pop3.stop();
    await this.pop3.provider[Symbol.asyncDispose]?.();
    await this.folder[Symbol.asyncDispose]();
  }
}
