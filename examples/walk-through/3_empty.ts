import {
  type ConnectionInfo,
  type Mailbox,
  type MailboxProvider,
  type MessageContent,
  Pop3Listener,
  Pop3ResponseError,
} from "@pop3svc/pop3svc";

class MyProvider implements MailboxProvider {
  authenticate(_info: ConnectionInfo, username: string, password: string): Mailbox | null {
    return username === "me" && password === "passw0rd" ? new EmptyMailbox() : null;
  }
}

class EmptyMailbox implements Mailbox {
  listMessageUniqueIds(): string[] {
    return [];
  }

  mailboxIsReadOnly(): boolean {
    return true;
  }

  messageExists(): boolean {
    return false;
  }

  messageSize(): number {
    throw new Pop3ResponseError("No such message.");
  }

  messageContents(): MessageContent {
    throw new Pop3ResponseError("No such message.");
  }

  messageDelete(): void {
    throw new Pop3ResponseError("This mailbox is read-only.", { code: "READ-ONLY" });
  }
}

const pop3 = new Pop3Listener({ provider: new MyProvider() });
await pop3.listenOn({ port: 1100 });
console.log("listening on port 1100");
