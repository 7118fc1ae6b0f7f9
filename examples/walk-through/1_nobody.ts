import { Pop3Listener } from "@pop3svc/pop3svc";

const pop3 = new Pop3Listener();
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 1100) });
console.log(`listening on port ${port}`);
