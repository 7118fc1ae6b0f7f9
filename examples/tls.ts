import { certificateFiles, listen, MemoryProvider } from "@pop3svc/pop3svc";

await listen({
  ports: [{ port: 1100 }, { port: 9955, tls: true }],
  certificate: certificateFiles("fullchain.pem", "privkey.pem"),
  provider: new MemoryProvider({ ann: { password: "secret", messages: ["Subject: Hi\n\n"] } }),
});
