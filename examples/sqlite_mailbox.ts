import { listen, simpleMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
import { DatabaseSync } from "node:sqlite";

const db = new DatabaseSync(Deno.args[0] ?? "mail.db");
db.exec("CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, octets INTEGER, content BLOB)");
const list = db.prepare("SELECT id, octets FROM message ORDER BY rowid");
const read = db.prepare("SELECT content FROM message WHERE id = ?");
const remove = db.prepare("DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))");

await listen({
  port: 1100,
  provider: new SingleUserProvider({
    username: "ann",
    password: "secret",
    openMailbox: () =>
      simpleMailbox({
        list: () =>
          list.all().map(({ id, octets }) => ({ uniqueId: String(id), octets: Number(octets) })),
        read(uniqueId) {
          const content = read.get(uniqueId)?.["content"];
          return content instanceof Uint8Array ? content : null;
        },
        remove: (uniqueIds) => remove.run(JSON.stringify(uniqueIds)),
      }),
  }),
});
