import {
  type ConnectionInfo,
  type Mailbox,
  type MailboxProvider,
  type MessageLines,
  messageOctets,
  Pop3Listener,
  Pop3ResponseError,
} from "@pop3svc/pop3svc";

const folder = Deno.args[0] ?? "mailbox-sample";

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
    return true;
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

  messageDelete(): void {
    throw new Pop3ResponseError("This mailbox is read-only.", { code: "READ-ONLY" });
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
