import { listen, logEvents, MemoryProvider, recordMetrics } from "@pop3svc/pop3svc";

const log = logEvents({ format: "json" });
const count = await recordMetrics();

await listen({
  port: 1100,
  provider: new MemoryProvider({ ann: { password: "secret", messages: ["Subject: Hi\n\n"] } }),
  onEvent(event) {
    log(event);
    count(event);
    if (event.type === "message-sent") console.log(`${event.uniqueId}: ${event.octets} octets`);
  },
});
