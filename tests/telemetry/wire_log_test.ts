/** The wire log of a conversation, and that it can be replayed. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { MemoryMailbox, Pop3Listener, SingleUserProvider } from "../../lib/mod.ts";
import { parseTranscript, playTranscript, Pop3Client } from "../../lib/testing/mod.ts";
import { authority, certificate } from "../test_authority.ts";

const PASSWORD = "two words \\ and more";

/** A listener with the same mail each time, and what it has written down. */
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

  /** The transcript of the next connection that is over. */
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

Deno.test("a conversation is written down without its secrets and its messages, and replayed", async () => {
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
  // The replay, written down in turn, says the same again.
  const replayed = parseTranscript(await fresh.next(), { password: PASSWORD });
  const original = parseTranscript(text, { password: PASSWORD });
  assertEquals(replayed.steps.length, original.steps.length);
});

Deno.test("messages are written down where they are asked for, octet by octet", async () => {
  await using recorded = await Transcribed.start(true);
  await converse(recorded.port);
  const text = await recorded.next();
  const message = "S: Subject: SECRET BODY\nS: \nS: ..dot\nS: .\n";
  assertStringIncludes(text, `C: RETR 1\nS: +OK Message text follows...\n${message}`);
  assertEquals(text.includes(PASSWORD), false);
});
