import { listen, simpleMailbox, SingleUserProvider } from "@pop3svc/pop3svc";

const file = "mail.json"; // [["id-1", "Subject: Hello\n\nWorld\n"]]
const mail = () => new Map<string, string>(JSON.parse(Deno.readTextFileSync(file)));

await listen({
  port: 1100,
  provider: new SingleUserProvider({
    username: "ann",
    password: "secret",
    openMailbox: () =>
      simpleMailbox({
        list: () => mail().keys(),
        read: (uniqueId) => mail().get(uniqueId) ?? null,
        remove(uniqueIds) {
          const rest = mail();
          for (const uniqueId of uniqueIds) rest.delete(uniqueId);
          Deno.writeTextFileSync(`${file}.new`, JSON.stringify([...rest]));
          Deno.renameSync(`${file}.new`, file);
        },
      }),
  }),
});
