/** What a provider returns is checked before it goes into a reply. */
import { assert, assertEquals } from "@std/assert";
import { ReplyWriter } from "../../lib/connection/reply_writer.ts";
import { type Mailbox, MemoryMailbox, Pop3ResponseError } from "../../lib/mod.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { Session } from "../../lib/session/session.ts";
import { providerOf, sessionContext } from "../transcript_peers.ts";

const encoder = new TextEncoder();

/** The octets that a client receives for the last of these commands, after a login. */
async function sentFor(mailbox: Mailbox, commands: readonly string[], serviceName = "pop3svc") {
  const context = sessionContext({ provider: providerOf(mailbox) });
  // No setting has such a name; whoever writes a session's settings by hand may.
  const session = new Session({ ...context, settings: { ...context.settings, serviceName } });
  const writes: string[] = [];
  const writer = new ReplyWriter({
    write(octets) {
      writes.push(latin1(octets));
      return Promise.resolve(octets.length);
    },
  });
  for (const command of ["XLOG me passw0rd", ...commands]) {
    writes.length = 0;
    await writer.add(await session.respond(encoder.encode(command)));
    await writer.flush();
  }
  return writes.join("");
}

const systemError = "-ERR [SYS/TEMP] System error. Administrators should check logs.\r\n";

Deno.test("a size that is none is a failure, and never part of a reply", async () => {
  for (const size of [NaN, -1, 1.5, Infinity, 17n, "12\r\n+OK injected", "12", undefined]) {
    const given = size as unknown as number;
    const one = Object.assign(new MemoryMailbox({ a: "x" }), { messageSize: () => given });
    const all = Object.assign(new MemoryMailbox({ a: "x" }), { messageSizes: () => [given] });
    for (const mailbox of [one, all]) {
      for (const command of ["STAT", "LIST"]) {
        assertEquals(await sentFor(mailbox, [command]), systemError, `${String(size)} ${command}`);
      }
    }
    assertEquals(await sentFor(one, ["LIST 1"]), systemError);
    assertEquals(
      await sentFor(one, ["LIST 1", "NOOP"]),
      "+OK There's no-one here but us POP3 services.\r\n",
    );
  }
});

Deno.test("words of a provider, of a client and of the administrator are one printable line", async () => {
  const mailbox = Object.assign(new MemoryMailbox({ a: "x" }), {
    messageContents() {
      throw new Pop3ResponseError("No\t\x1b[2J\r\n+OK \u202egnp", { code: "X/Y" });
    },
  });
  const shown = [
    await sentFor(mailbox, ["RETR 1"]),
    await sentFor(mailbox, ["A\tB"]),
    await sentFor(mailbox, ["LANG de", "\u00e4"]),
  ];
  for (const text of shown) assert(/^-ERR [\x20-\x7e]*\r\n$/.test(text), JSON.stringify(text));
  const capa = await sentFor(mailbox, ["CAPA"], "a\tb\r\nSTLS\x1b[2J");
  const lines = capa.split("\r\n");
  assertEquals(lines.filter((line) => line.startsWith("STLS") || /[^ -~]/.test(line)), []);
  assert(capa.includes("IMPLEMENTATION a b  STLS [2J\r\n"), capa);
});
