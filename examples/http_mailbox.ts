// Mail from an HTTP API: `GET /messages` lists ids and sizes, `GET /messages/ID` returns one message, `DELETE /messages?id=…`
// deletes several at once. The POP3 password is the bearer token of the API.
import {
  type ConnectionInfo,
  type Mailbox,
  type MailboxProvider,
  type MessageContent,
  Pop3Listener,
  Pop3ResponseError,
} from "@pop3svc/pop3svc";

const api = Deno.args[1] ?? "http://127.0.0.1:8080";

class HttpMailbox implements Mailbox {
  readonly #token: string;
  readonly #sizes = new Map<string, number>();

  constructor(token: string) {
    this.#token = token;
  }

  async listMessageUniqueIds(): Promise<string[]> {
    const response = await this.ask("GET", "/messages");
    const messages: { id: string; octets: number }[] = await response.json();
    for (const { id, octets } of messages) this.#sizes.set(id, octets);
    return messages.map(({ id }) => id);
  }

  mailboxIsReadOnly(): boolean {
    return false;
  }

  async messageExists(_info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    return (await this.listMessageUniqueIds()).includes(uniqueId);
  }

  messageSize(_info: ConnectionInfo, uniqueId: string): number {
    return this.#sizes.get(uniqueId) ?? 0;
  }

  async messageContents(_info: ConnectionInfo, uniqueId: string): Promise<MessageContent> {
    return await this.ask("GET", `/messages/${encodeURIComponent(uniqueId)}`);
  }

  async messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    const query = new URLSearchParams(uniqueIds.map((id) => ["id", id]));
    await (await this.ask("DELETE", `/messages?${query}`)).body?.cancel();
  }

  /** Returns the answer of the API. If that is an error, the client gets `[SYS/TEMP]` and may try again. */
  async ask(method: string, path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const response = await fetch(`${api}${path}`, { method, headers });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new Pop3ResponseError("The mail is not there at the moment.", { code: "SYS/TEMP" });
  }
}

const provider: MailboxProvider = {
  name: "HTTP",
  async authenticate(_info: ConnectionInfo, _username: string, password: string) {
    const headers = { authorization: `Bearer ${password}` };
    const response = await fetch(`${api}/messages`, { headers });
    await response.body?.cancel();
    return response.status === 401 ? null : new HttpMailbox(password);
  },
};

const pop3 = new Pop3Listener({ provider });
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 1100) });
console.log(`listening on port ${port}`);
