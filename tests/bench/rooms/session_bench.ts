/** Commands to replies, and those to their first lines: `deno bench -A tests/bench/rooms/`. */
import { MemoryMailbox } from "../../../lib/mod.ts";
import { statusLine } from "../../../lib/protocol/reply.ts";
import { Session } from "../../../lib/session/session.ts";
import { providerOf, sessionContext } from "../../transcript_peers.ts";

const encoder = new TextEncoder();
const session = new Session(
  sessionContext({ provider: providerOf(new MemoryMailbox({ a: "Subject: x\r\n\r\nx\r\n" })) }),
);
await session.respond(encoder.encode("XLOG me passw0rd"));

for (const command of ["NOOP", "STAT", "RETR 1", "LIST 1"]) {
  const line = encoder.encode(command);
  Deno.bench(`1000 times ${command}`, async () => {
    for (let time = 0; time < 1_000; time++) {
      const reply = await session.respond(line);
      if (reply.type === "challenge") continue;
      statusLine(reply);
      if (reply.type === "message") await reply.body.close();
    }
  });
}
