import { listen, MemoryProvider } from "@pop3svc/pop3svc";

await listen({
  port: 1100,
  provider: new MemoryProvider({
    ann: { password: "secret", messages: ["Subject: Hello, Ann\n\nHow are you?\n"] },
    bob: { password: "hidden" },
  }),
});
