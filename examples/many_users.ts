// Many users, each with a folder: a map from user name to password and mailbox.
import {
  type ConnectionInfo,
  folderMailbox,
  type Mailbox,
  type MailboxProvider,
  Pop3Listener,
} from "@pop3svc/pop3svc";

const root = Deno.args[1] ?? ".";
const users = new Map([
  ["ann", { password: "a", mailbox: folderMailbox(`${root}/ann`, { settleTime: 0 }) }],
  ["bob", { password: "b", mailbox: folderMailbox(`${root}/bob`, { settleTime: 0 }) }],
]);

const provider: MailboxProvider = {
  name: "many users",
  authenticate(_info: ConnectionInfo, username: string, password: string): Mailbox | null {
    const user = users.get(username);
    return user?.password === password ? user.mailbox : null;
  },
};

const pop3 = new Pop3Listener({ provider });
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 1100) });
console.log(`listening on port ${port}`);
