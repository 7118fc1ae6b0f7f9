import { Pop3Listener } from "@pop3svc/pop3svc";

const pop3 = new Pop3Listener();
await pop3.listenOn({ port: 1100 });
console.log("listening on port 1100");
