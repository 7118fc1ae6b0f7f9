/** How many errors a session may make before it is closed. */
import { assertEquals } from "@std/assert";
import { MemoryMailbox } from "../../lib/mod.ts";
import { Session } from "../../lib/session/session.ts";
import { providerOf, sessionContext } from "../transcript_peers.ts";

const encoder = new TextEncoder();

/** Sends the commands over and over. How many errors it took to close the session; null if 5000 commands did not. */
async function errorsUntilClosed(
  session: Session,
  commands: readonly string[],
): Promise<number | null> {
  for (let errors = 0, n = 0; n < 5_000; n++) {
    const reply = await session.respond(encoder.encode(commands[n % commands.length]));
    if (reply.type !== "error") continue;
    errors++;
    if (reply.closes) return errors;
  }
  return null;
}

async function loggedIn(): Promise<Session> {
  const session = new Session(sessionContext({ provider: providerOf(new MemoryMailbox()) }));
  assertEquals((await session.respond(encoder.encode("XLOG me passw0rd"))).type, "ok");
  return session;
}

Deno.test("before the login fifty, whatever comes in between", async () => {
  const open = () => new Session(sessionContext({ provider: providerOf(new MemoryMailbox()) }));
  assertEquals(await errorsUntilClosed(open(), ["STAT"]), 50);
  assertEquals(await errorsUntilClosed(open(), ["STAT", "NOOP", "CAPA"]), 50);
  assertEquals(await errorsUntilClosed(open(), ["XLOG me wrong", "NOOP"]), 50);
});

Deno.test("after the login a thousand in a row", async () => {
  assertEquals(await errorsUntilClosed(await loggedIn(), ["RETR 9"]), 1_000);
  assertEquals(await errorsUntilClosed(await loggedIn(), ["RETR 9", "DELE 9", "NOOP"]), null);
});

Deno.test("rubbish, which is no command at all, twenty times in a row", async () => {
  assertEquals(await errorsUntilClosed(await loggedIn(), ["RUBBISH"]), 20);
  assertEquals(await errorsUntilClosed(await loggedIn(), ["RUBBISH", "NOOP"]), null);
});
