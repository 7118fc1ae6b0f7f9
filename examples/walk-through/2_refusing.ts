import { type Mailbox, type MailboxProvider, Pop3Listener } from "@pop3svc/pop3svc";

class MyProvider implements MailboxProvider {
  authenticate(): Mailbox | null {
    return null;
  }
}

const pop3 = new Pop3Listener({ provider: new MyProvider() });
await pop3.listenOn({ port: 1100 });
console.log("listening on port 1100");
