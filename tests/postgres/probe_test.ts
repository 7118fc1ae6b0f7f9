/** The end of an outage, with a stand-in for a server that is being started and stopped. */
import { assertEquals, assertRejects } from "@std/assert";
import { Pool } from "../../lib/postgres/client/pool.ts";
import { ManualClock } from "../manual_clock.ts";

const encoder = new TextEncoder();

/** A message of PostgreSQL's protocol. */
function message(type: string, body: Uint8Array): Uint8Array {
  const octets = new Uint8Array(5 + body.length);
  octets.set(encoder.encode(type));
  new DataView(octets.buffer).setInt32(1, 4 + body.length);
  octets.set(body, 5);
  return octets;
}

const WELCOME = [message("R", new Uint8Array(4)), message("Z", encoder.encode("I"))];
const STOPPING = message("E", encoder.encode("SFATAL\0VFATAL\0C57P01\0Mit is stopping\0\0"));

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

Deno.test("an outage ends although a probe got a connection from a server that was stopping", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** What each connection hears; null for nothing. */
  const answers = [null, joined([...WELCOME, STOPPING]), joined(WELCOME)];
  const open: Deno.Conn[] = [];
  const serving = (async () => {
    for (const answer of answers) {
      const connection = await listener.accept();
      open.push(connection);
      if (answer === null) {
        connection.close();
        continue;
      }
      await connection.read(new Uint8Array(1_000));
      await connection.write(answer);
      if (answer !== answers.at(-1)) connection.close();
    }
  })();
  const clock = new ManualClock();
  const changes: boolean[] = [];
  const pool = new Pool(
    {
      ...{ host: "127.0.0.1", port: listener.addr.port, user: "me", password: "" },
      ...{ database: "mail", tls: null },
    },
    { connections: 2, waiting: 2, waitMs: 1_000, connectMs: 3_000, probeMs: 1_000 },
    clock,
    (outage) => changes.push(outage !== null),
  );
  await assertRejects(() => pool.acquire());
  for (let tries = 0; tries < 500 && pool.isAway; tries++) {
    clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals(changes, [true, false]);
  await serving;
  open.at(-1)?.close();
  await pool[Symbol.asyncDispose]();
});
