import { type Mailbox, type MailboxProvider, Pop3Listener } from "@pop3svc/pop3svc";

class MyProvider implements MailboxProvider {
  readonly name = "my provider";

  authenticate(): Mailbox | null {
    return null;
  }
}

const pop3 = new Pop3Listener({ provider: new MyProvider() });
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 1100) });
console.log(`listening on port ${port}`);
