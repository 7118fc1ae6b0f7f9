import { folderMailbox, listen, maildirMailbox, simpleMailbox } from "@pop3svc/pop3svc";
import { createReadStream } from "node:fs";

const mailboxes = new Map([
  ["ann", folderMailbox("mail/ann")],
  ["bob", maildirMailbox("mail/bob")],
  [
    "cyd",
    simpleMailbox({
      list: () => Array.from(Deno.readDirSync("mail/cyd"), ({ name }) => name).sort(),
      read: (uniqueId) => createReadStream(`mail/cyd/${uniqueId}`),
    }),
  ],
]);

await listen({
  port: 1100,
  provider: (_info, username, password) =>
    password === "secret" ? mailboxes.get(username) ?? null : null,
});
