/** Random lines within AUTH: the session replies, causes no error, and nobody is logged in. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { mechanisms } from "../../lib/auth/sasl/mechanisms.ts";
import type { Happening } from "../../lib/events/events.ts";
import { MemoryMailbox } from "../../lib/mod.ts";
import { Session } from "../../lib/session/session.ts";
import { providerOf, sessionContext } from "../transcript_peers.ts";

const encoder = new TextEncoder();
const pieces = fc.constantFrom(
  "\0",
  "\x01",
  ",",
  "=",
  "n,,",
  "n=me",
  "r=x",
  "auth=Bearer t",
  "user=me",
  "me",
  "p=",
  "c=biws",
  "é",
);
const message = fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 5 }))).map((
  parts,
) => encoder.encode(parts.join("")).toBase64());
const response = fc.oneof(
  { weight: 3, arbitrary: message },
  fc.constantFrom("*", "=", "", "QUIT", "===="),
  fc.string({ unit: "binary-ascii" }).map((text) => text.replaceAll(/[\r\n]/g, "")),
);
const begin = fc.tuple(fc.constantFrom(...mechanisms.keys()), fc.option(response)).map((
  [name, first],
) => first === null ? `AUTH ${name}` : `AUTH ${name} ${first}`);

Deno.test("AUTH survives random lines", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(begin, response), { maxLength: 12 }), async (lines) => {
      const events: Happening[] = [];
      const context = sessionContext({
        provider: providerOf(new MemoryMailbox(), "passw0rd", "t0ken"),
      });
      const session = new Session({ ...context, emit: (event) => void events.push(event) });
      session.greeting();
      for (const line of lines) {
        const reply = await session.respond(encoder.encode(line));
        if ((reply.type === "error" || reply.type === "ok") && reply.closes) break;
      }
      await session.end();
      assertEquals(events.filter(({ type }) => type === "error"), []);
      assertEquals(events.filter(({ type }) => type === "login"), []);
    }),
    { numRuns: 500 },
  );
});
