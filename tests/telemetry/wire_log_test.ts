/** The wire log of a conversation, and that it can be replayed. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type ConnectionInfo,
  MemoryMailbox,
  Pop3Listener,
  SingleUserProvider,
} from "../../lib/mod.ts";
import { ok } from "../../lib/protocol/reply.ts";
import { TranscribingLog } from "../../lib/telemetry/wire_log.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { parseTranscript, playTranscript, Pop3Client } from "../../lib/testing/mod.ts";
import { authority, certificate } from "../test_authority.ts";

const PASSWORD = "two words \\ and more";

/** A listener with the same mail each time, and what it has recorded. */
class Transcribed implements AsyncDisposable {
  readonly transcripts: string[] = [];
  readonly #pop3: Pop3Listener;
  readonly #ended: (() => void)[] = [];
  port = 0;

  private constructor(wireLogMessages: boolean) {
    const mailbox = new MemoryMailbox({
      "a\\b": "Subject: SECRET BODY\r\n\r\n.dot\r\n",
      c: "x\r\n",
    });
    this.#pop3 = new Pop3Listener({
      onEvent() {},
      provider: new SingleUserProvider({
        username: "joe doe",
        password: PASSWORD,
        openMailbox: () => mailbox,
      }),
      certificate,
      wireLogMessages,
      wireLog: (transcript) => {
        this.transcripts.push(transcript);
        this.#ended.shift()?.();
      },
    });
  }

  static async start(wireLogMessages = false): Promise<Transcribed> {
    const server = new Transcribed(wireLogMessages);
    server.port = (await server.#pop3.listenOn({ hostname: "127.0.0.1", port: 0 })).port;
    return server;
  }

  /** The transcript of the next connection that ends. */
  async next(): Promise<string> {
    const count = this.transcripts.length;
    if (count === 0) await new Promise<void>((resolve) => this.#ended.push(resolve));
    return this.transcripts.shift() ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pop3.stop();
  }
}

async function converse(port: number): Promise<void> {
  using client = await Pop3Client.connect({ port, caCerts: [authority.pem] });
  await client.listing("CAPA");
  await client.say("USER joe doe");
  await client.say(`PASS ${PASSWORD}!`);
  await client.say(`${PASSWORD} gone astray`);
  await client.stls();
  await client.authenticate("PLAIN", "rubbish");
  assertEquals((await client.authenticate("LOGIN", "joe doe", PASSWORD)).isOk, true);
  await client.listing("UIDL");
  await client.listing("RETR 1");
  await client.say("DELE UID:a\\b");
  await client.say("QAUT");
  await client.say("USER joe doe");
  await client.say(`PASS ${PASSWORD}`);
  await client.say("STAT");
  await client.say("QUIT");
}

Deno.test("a conversation is recorded without its secrets and its messages, and replayed", async () => {
  await using recorded = await Transcribed.start();
  await converse(recorded.port);
  const text = await recorded.next();
  for (const secret of [PASSWORD, "two words", "SECRET BODY", "astray", btoa(PASSWORD)]) {
    assertEquals(text.includes(secret), false, text);
  }
  for (
    const line of [
      "C: PASS not-the-password\nS: -ERR [AUTH] Wrong username or password.\n",
      "# a line that is no command, and its answer\n",
      "C: STLS\nS: +OK Begin TLS negotiation.\nTLS\n",
      "# AUTH, and its answer: -ERR PLAIN sends",
      "# in place of AUTH:\nC: USER joe doe\nS: +OK …\nC: PASS \\s\nS: +OK Welcome.\n",
      "S: 1 a\\\\b\n",
      "C: RETR 1\nS: +OK Message text follows...\nBODY\n",
      "S: +OK 0 messages deleted. Closing connection.\nCLOSED\n# closed: quit\n",
    ]
  ) assertStringIncludes(text, line);

  const begin =
    /^# connection 1, 127\.0\.0\.1, \d{4}-\S+Z\nCONNECT\n# [\d:.]{12}\nC: CAPA\nS: \+OK Capa/;
  assertEquals(begin.test(text), true, text);

  await using fresh = await Transcribed.start();
  await playTranscript(parseTranscript(text, { password: PASSWORD }), async () => {
    const client = await Pop3Client.connectSilently({ port: fresh.port, caCerts: [authority.pem] });
    return Object.assign(client, {
      [Symbol.asyncDispose]: () => Promise.resolve(client.close()),
    });
  });
  // The replay, recorded in turn, says the same again.
  const replayed = parseTranscript(await fresh.next(), { password: PASSWORD });
  const original = parseTranscript(text, { password: PASSWORD });
  assertEquals(replayed.steps.length, original.steps.length);
});

Deno.test("messages are recorded if they are wanted, octet by octet", async () => {
  await using recorded = await Transcribed.start(true);
  await converse(recorded.port);
  const text = await recorded.next();
  const message = "S: Subject: SECRET BODY\nS: \nS: ..dot\nS: .\n";
  assertStringIncludes(text, `C: RETR 1\nS: +OK Message text follows...\n${message}`);
  assertEquals(text.includes(PASSWORD), false);
});

/** Line ends, escape sequences, and what changes the direction of text. */
const HOSTILE = "joe\r\nS: +OK forged\x1b[2J\x9b\x7f\u202e\u2028\u2029";

Deno.test("no name, and no line of a message, can forge a line of the wire log", async () => {
  const message = "Subject: a\r\n\nCLOSED\rC: PASS \x1b[2J\u202e\r\n";
  const mailbox = new MemoryMailbox({ a: message });
  const transcript = Promise.withResolvers<string>();
  await using pop3 = new Pop3Listener({
    onEvent() {},
    provider: new SingleUserProvider({
      username: "joe",
      password: PASSWORD,
      openMailbox: () => mailbox,
    }),
    wireLog: transcript.resolve,
    wireLogMessages: true,
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  {
    using client = await Pop3Client.connect({ port });
    await client.authenticate("PLAIN", `\0${HOSTILE}\0wrong`);
    await client.say("USER jo\u202ee");
    await client.say(`PASS wrong`);
    await client.say("USER joe");
    await client.say(`PASS ${PASSWORD}`);
    await client.listing("RETR 1");
    await client.say("QUIT");
  }
  const text = await transcript.promise;
  assertStringIncludes(
    text,
    "# AUTH as joe\\x0d\\x0aS: +OK forged\\x1b[2J\\xc2\\x9b\\x7f\\xe2\\x80\\xae",
  );
  assertEquals(text.split("\n").filter((line) => /^(S: \+OK forged|CLOSED)/.test(line)).length, 1);
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/.test(text), false, text);

  // A replay sends what was said, octet by octet.
  const { steps } = parseTranscript(text, { password: PASSWORD });
  const sent = steps.flatMap((step) =>
    step.type === "send" ? [new TextDecoder().decode(step.octets)] : []
  );
  assertEquals(sent[0], "USER jo\u202ee\r\n");
});

function closed(log: TranscribingLog, connection: ConnectionInfo): void {
  const facts = { milliseconds: 1, messagesSent: 0, octetsSent: 0 };
  log.observe({ type: "close", connection, reason: "idle-timeout", ...facts });
}

Deno.test("the memory for a connection that lives for days is bounded, and the log says what it has left out", () => {
  let text = "";
  const log = new TranscribingLog((transcript) => text = transcript, () => false);
  const connection = testConnectionInfo();
  log.observe({ type: "connect", connection });
  for (let n = 0; n < 200_000; n++) {
    log.observe({ type: "command", connection, verb: "NOOP", argument: "" });
    log.reply(connection, ok("Nothing done."));
  }
  closed(log, connection);
  assert(text.length < 1_100_000, `${text.length}`);
  assertMatch(
    text,
    /\n# no room: at least \d{6} lines are left out here\n# closed: idle-timeout\n\n$/,
  );
  assert(parseTranscript(text).steps.length > 10_000);
});

Deno.test("so is the memory for many connections together, and for a line that never ends", async () => {
  const transcripts: string[] = [];
  const log = new TranscribingLog((transcript) => transcripts.push(transcript), () => true);
  const connections = Array.from({ length: 100 }, testConnectionInfo);
  const endless = new Uint8Array(65_536).fill(0xff);
  const retrieve = async (connection: ConnectionInfo, most: number) => {
    log.observe({ type: "connect", connection });
    log.observe({ type: "command", connection, verb: "RETR", argument: "1" });
    let chunks = 0;
    const body = { nextChunk: () => chunks++ < most ? endless : null, close() {} };
    const shown = log.reply(connection, { type: "message", text: "", body });
    assert(shown.type === "message");
    while (await shown.body.nextChunk() !== null);
  };
  for (const connection of connections) await retrieve(connection, 40);
  for (const connection of connections) closed(log, connection);
  assert(transcripts.join("").length < 40_000_000);
  for (const transcript of transcripts) assertMatch(transcript, /# no room: at least/);
  // Connections that have ended release their memory.
  const connection = testConnectionInfo();
  await retrieve(connection, 3);
  closed(log, connection);
  assertEquals(/no room/.test(transcripts.at(-1) ?? ""), false);
});
