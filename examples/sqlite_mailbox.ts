// Mail in a database: a table `message (id, user, octets, content)`. One transaction deletes all or none.
import { DatabaseSync } from "node:sqlite";
import {
  type ConnectionInfo,
  type Mailbox,
  type MessageContent,
  Pop3Listener,
  Pop3ResponseError,
  SingleUserProvider,
} from "@pop3svc/pop3svc";

const database = new DatabaseSync(Deno.args[1] ?? "mail.db");

class TableMailbox implements Mailbox {
  readonly #user: string;

  constructor(user: string) {
    this.#user = user;
  }

  listMessageUniqueIds(): string[] {
    const rows = database.prepare("SELECT id FROM message WHERE user = ? ORDER BY rowid").all(
      this.#user,
    );
    return rows.map(({ id }) => String(id));
  }

  mailboxIsReadOnly(): boolean {
    return false;
  }

  messageExists(_info: ConnectionInfo, uniqueId: string): boolean {
    return this.#row(uniqueId) !== undefined;
  }

  messageSize(_info: ConnectionInfo, uniqueId: string): number {
    return Number(this.#row(uniqueId)?.["octets"] ?? 0);
  }

  messageContents(_info: ConnectionInfo, uniqueId: string): MessageContent {
    const content = this.#row(uniqueId)?.["content"];
    if (!(content instanceof Uint8Array)) throw new Pop3ResponseError("That message is gone.");
    return content;
  }

  messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): void {
    const remove = database.prepare("DELETE FROM message WHERE user = ? AND id = ?");
    database.exec("BEGIN");
    try {
      for (const uniqueId of uniqueIds) remove.run(this.#user, uniqueId);
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  #row(uniqueId: string) {
    return database.prepare("SELECT octets, content FROM message WHERE user = ? AND id = ?")
      .get(this.#user, uniqueId);
  }
}

const provider = new SingleUserProvider({
  username: "me",
  password: "passw0rd",
  openMailbox: () => new TableMailbox("me"),
});
const pop3 = new Pop3Listener({ provider });
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 1100) });
console.log(`listening on port ${port}`);
