/** The warnings that tell the author of a provider which rule it breaks. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type MailboxProvider, MemoryMailbox, type MessageContent } from "../../lib/mod.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };

/** Rule, value and message of each warning so far. */
function warnings(pop3: ObservedListener): (string | null)[][] {
  return pop3.all("warning").map(({ rule, value, message }) => [rule, value, message]);
}

Deno.test("a warning for unique-ids that clients cannot use, or that occur twice", async () => {
  for (
    const [uniqueIds, warning, reply] of [
      [
        ["a", "b c"],
        ["unique-id-form", "b c", "2"],
        "-ERR [SYS/TEMP] Unique ID strings must be printable ASCII only.",
      ],
      [
        ["a", "b", "a"],
        ["unique-id-twice", "a", "3"],
        "-ERR [SYS/TEMP] Two messages of this mailbox have the same unique ID.",
      ],
    ] as const
  ) {
    const mailbox = Object.assign(new MemoryMailbox(), { listMessageUniqueIds: () => uniqueIds });
    await using pop3 = new ObservedListener({ provider: providerOf(mailbox) });
    const { port } = await pop3.listenOn(loopback);
    using client = await LoopbackClient.connect(port);
    assertEquals(await client.logIn(), reply);
    assertEquals(warnings(pop3), [[...warning]]);
    const line = logLine(await pop3.until("warning"), "text", "warn") ?? "";
    assertStringIncludes(line, `warn warning connection=1`);
    assertStringIncludes(line, `rule=${warning[0]}`);
  }
});

Deno.test("a warning for a size that differs from the contents, and none when it is right, in any shape", async () => {
  const mailbox = new MemoryMailbox({ right: ".a\n.b\n\nx", wrong: "Subject: x\r\n\r\n" });
  const messageSize = mailbox.messageSize.bind(mailbox);
  mailbox.messageSize = async (info, uniqueId) =>
    await messageSize(info, uniqueId) + (uniqueId === "wrong" ? 2 : 0);
  await using pop3 = new ObservedListener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  const retrieve = async (number: number) => {
    await client.send(`RETR ${number}\r\n`);
    await client.readLine();
    await client.readLines();
  };
  // The client has not asked for a size yet.
  await retrieve(2);
  assertEquals(await client.command("STAT"), "+OK 2 29");
  await retrieve(1);
  await retrieve(2);
  await client.command("NOOP");
  assertEquals(warnings(pop3), [["message-size", "16 octets promised, 14 sent", "wrong"]]);
});

/** Sends the commands, then moves the clock until there is a warning. */
async function warnedOf(
  provider: MailboxProvider,
  commands: readonly string[],
): Promise<(string | null)[][]> {
  const clock = new ManualClock();
  const pop3 = new ObservedListener({ provider, stopGrace: 0 }, clock);
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  for (const command of commands) await client.send(`${command}\r\n`);
  const count = commands.length;
  while (pop3.all("command").length < count) await new Promise((go) => setTimeout(go, 0));
  // Everything that can run has run.
  for (let turn = 0; turn < 20; turn++) await new Promise((go) => setTimeout(go, 0));
  clock.advance(29_000);
  assertEquals(warnings(pop3), []);
  clock.advance(2_000);
  clock.advance(300_000);
  // stop cannot end while the promise is pending, but it closes the port.
  pop3.stop();
  return warnings(pop3);
}

const never = new Promise<never>(() => {});

Deno.test("one warning for a promise that never settles, with the command or the message", async () => {
  const refusing: MailboxProvider = { name: "slow", authenticate: () => never };
  assertEquals(await warnedOf(refusing, ["XLOG me x"]), [
    ["unsettled-promise", "authenticate", null],
  ]);
  const mailbox = Object.assign(new MemoryMailbox({ a: "x" }), { messageContents: () => never });
  assertEquals(await warnedOf(providerOf(mailbox), ["XLOG me passw0rd", "RETR 1"]), [
    ["unsettled-promise", "messageContents", "a"],
  ]);
});

Deno.test("a warning for contents whose close never settles", async () => {
  const contents = (): MessageContent => ({ nextLine: () => null, close: () => never });
  const mailbox = Object.assign(new MemoryMailbox({ a: "x" }), { messageContents: contents });
  assertEquals(await warnedOf(providerOf(mailbox), ["XLOG me passw0rd", "RETR 1"]), [
    ["unclosed-contents", "close", "a"],
  ]);
});

Deno.test("no warning for a client that does not read", async () => {
  const mailbox = new MemoryMailbox({ a: new Uint8Array(30_000_000).fill(0x41) });
  assertEquals(await warnedOf(providerOf(mailbox), ["XLOG me passw0rd", "RETR 1"]), []);
});
