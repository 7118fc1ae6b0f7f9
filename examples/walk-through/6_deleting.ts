import {
  type ConnectionInfo,
  type Mailbox,
  type MailboxProvider,
  type MessageLines,
  messageOctets,
  Pop3Listener,
} from "@pop3svc/pop3svc";

const folder = Deno.args[0] ?? "mailbox-sample";
const trash = `${folder}/.trash`;

class MyProvider implements MailboxProvider {
  authenticate(_info: ConnectionInfo, username: string, password: string): Mailbox | null {
    return username === "me" && password === "passw0rd" ? new FolderMailbox() : null;
  }
}

class FolderMailbox implements Mailbox {
  listMessageUniqueIds(): string[] {
    return [...Deno.readDirSync(folder)]
      .filter(({ isFile, name }) => isFile && /^[\x21-\x7e]{1,70}$/.test(name))
      .map(({ name }) => name)
      .sort();
  }

  mailboxIsReadOnly(): boolean {
    return false;
  }

  messageExists(_info: ConnectionInfo, uniqueId: string): boolean {
    return this.listMessageUniqueIds().includes(uniqueId);
  }

  messageSize(_info: ConnectionInfo, uniqueId: string): Promise<number> {
    return messageOctets(Deno.readFileSync(`${folder}/${uniqueId}`));
  }

  messageContents(_info: ConnectionInfo, uniqueId: string): MessageLines {
    const lines = linesOf(uniqueId);
    return {
      nextLine: () => lines.shift() ?? null,
      close() {},
    };
  }

  /** Moves all that are still there into the trash, or none: after a failure, it moves back what it has moved. */
  messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): void {
    Deno.mkdirSync(trash, { recursive: true });
    const there = new Set(this.listMessageUniqueIds());
    const moved: string[] = [];
    try {
      for (const uniqueId of uniqueIds.filter((each) => there.has(each))) {
        Deno.renameSync(`${folder}/${uniqueId}`, `${trash}/${uniqueId}`);
        moved.push(uniqueId);
      }
    } catch (error) {
      for (const uniqueId of moved) {
        Deno.renameSync(`${trash}/${uniqueId}`, `${folder}/${uniqueId}`);
      }
      throw error;
    }
  }
}

/** The lines of a message, without their line ends. */
function linesOf(uniqueId: string): Uint8Array[] {
  const octets = Deno.readFileSync(`${folder}/${uniqueId}`);
  const lines: Uint8Array[] = [];
  for (let start = 0; start < octets.length;) {
    const found = octets.indexOf(0x0a, start);
    const end = found === -1 ? octets.length : found;
    const hasCr = found !== -1 && octets[end - 1] === 0x0d;
    lines.push(octets.subarray(start, hasCr ? end - 1 : end));
    start = end + 1;
  }
  return lines;
}

const pop3 = new Pop3Listener({ provider: new MyProvider() });
await pop3.listenOn({ port: 1100 });
console.log("listening on port 1100");
