// Several folders as one read-only mailbox. A unique id is the number of the folder, a dot, and the unique id in that folder,
// so two folders may hold files of the same name. If that is too long, a digest replaces the unique id in the folder.
import { createHash } from "node:crypto";
import {
  type ConnectionInfo,
  folderMailbox,
  listen,
  type Mailbox,
  type MessageContent,
  Pop3ResponseError,
  SingleUserProvider,
} from "@pop3svc/pop3svc";

class MergedMailbox implements Mailbox {
  readonly #parts: readonly Mailbox[];
  /** For each unique id, the folder that has the message, and the unique id in that folder. */
  readonly #places = new Map<string, readonly [Mailbox, string]>();

  constructor(parts: readonly Mailbox[]) {
    this.#parts = parts;
  }

  async listMessageUniqueIds(info: ConnectionInfo): Promise<string[]> {
    const uniqueIds: string[] = [];
    for (const [index, part] of this.#parts.entries()) {
      for (const own of await part.listMessageUniqueIds(info)) {
        const long = `${index}.${own}`;
        const digest = () => createHash("sha1").update(own).digest("hex");
        const uniqueId = long.length <= 70 ? long : `${index}.${digest()}`;
        this.#places.set(uniqueId, [part, own]);
        uniqueIds.push(uniqueId);
      }
    }
    return uniqueIds;
  }

  mailboxIsReadOnly(): boolean {
    return true;
  }

  async messageExists(info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    const [part, own] = this.#partOf(uniqueId);
    return await part.messageExists(info, own);
  }

  async messageSize(info: ConnectionInfo, uniqueId: string): Promise<number> {
    const [part, own] = this.#partOf(uniqueId);
    return await part.messageSize(info, own);
  }

  async messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageContent | null> {
    const [part, own] = this.#partOf(uniqueId);
    return await part.messageContents(info, own);
  }

  messageDelete(): void {
    throw new Pop3ResponseError("This mailbox is read-only.", { code: "READ-ONLY" });
  }

  async release(info: ConnectionInfo): Promise<void> {
    for (const part of this.#parts) await part.release?.(info);
  }

  #partOf(uniqueId: string): readonly [Mailbox, string] {
    const place = this.#places.get(uniqueId);
    if (place === undefined) throw new Pop3ResponseError("No such message.");
    return place;
  }
}

const folders = Deno.args.map((path) => folderMailbox(path, { settleTime: 0 }));
const mailbox = new MergedMailbox(folders);
const provider = new SingleUserProvider({
  username: "me",
  password: "passw0rd",
  openMailbox: () => mailbox,
});
await listen({ port: 1100, provider });
