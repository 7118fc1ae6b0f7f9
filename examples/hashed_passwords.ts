// Many users, with hashed passwords in a file, as `pop3svc hash` prints them. The file is read again when it changes.
import { Pop3Listener, UsersFileProvider } from "@pop3svc/pop3svc";

const root = Deno.args[1] ?? ".";
const provider = new UsersFileProvider(`${root}/users`, {
  mailRoot: `${root}/mail`,
  mailbox: { settleTime: 0 },
});

const pop3 = new Pop3Listener({ provider });
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 1100) });
console.log(`listening on port ${port}`);
