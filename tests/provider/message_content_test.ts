/** The forms of a message's contents, each over a real session. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { join } from "@std/path";
import {
  folderMailbox,
  fromLines,
  type Mailbox,
  MemoryMailbox,
  type MessageBody,
  type MessageContent,
  messageOctets,
} from "../../lib/mod.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { providerOf } from "../transcript_peers.ts";

const text = "Subject: Grüße 🐟\n\n.dot\r\nlast";
const octets = new TextEncoder().encode(text);
const lines = ["Subject: Grüße 🐟", "", ".dot", "last"];
/** The lines as the test's client shows them: a character for each octet. */
const shown = lines.map((line) => String.fromCharCode(...new TextEncoder().encode(line)));
/** With CRLF, a last line end, and no byte-stuffing. */
const SIZE = new TextEncoder().encode(`${lines.join("\r\n")}\r\n`).length;
/** Borders in the middle of a character, of a line, of a CRLF. */
const chunks = [0, 11, 17, 27, octets.length]
  .flatMap((end, index, ends) => index === 0 ? [] : [octets.subarray(ends[index - 1], end)]);

class Closings {
  count = 0;

  /** Counts that it was left, at its end or early. */
  async *generator<T>(items: Iterable<T>): AsyncGenerator<T> {
    try {
      for (const item of items) yield await Promise.resolve(item);
    } finally {
      this.count++;
    }
  }

  stream<T>(items: readonly T[]): ReadableStream<T> {
    const rest = [...items];
    return new ReadableStream<T>({
      pull: (controller) => {
        const item = rest.shift();
        if (item !== undefined) return controller.enqueue(item);
        this.count++;
        controller.close();
      },
      cancel: () => void this.count++,
    });
  }

  async *#late(): AsyncGenerator<Uint8Array> {
    yield* this.generator(chunks);
  }

  /** Each form that must be closed. */
  readonly forms: Readonly<Record<string, () => MessageContent>> = {
    "{ nextLine, close }": () => {
      const rest: (string | Uint8Array)[] = [new TextEncoder().encode(lines[0]), ...lines.slice(1)];
      return { nextLine: () => rest.shift() ?? null, close: () => void this.count++ };
    },
    "{ nextChunk, close }": () => {
      const rest = [...chunks];
      return {
        nextChunk: () => Promise.resolve(rest.shift() ?? null),
        close: () => Promise.resolve(void this.count++),
      };
    },
    "fromLines of an async generator": () => fromLines(this.generator(lines)),
    "an async generator of octets": () => this.generator(chunks),
    "an async generator of another": () => this.#late(),
    "an async generator of text, code unit by code unit": () => this.generator(text.split("")),
    "a stream of octets": () => this.stream(chunks),
    "a stream of text": () => this.stream(text.match(/..?/gs) ?? []),
    "a Response with a stream": () => new Response(this.stream(chunks)),
  };
}

/** Those that hold nothing open. */
const plainForms: Readonly<Record<string, () => MessageContent>> = {
  "a string": () => text,
  "a Uint8Array": () => octets,
  "a Buffer": () => Buffer.from(text),
  "a Blob": () => new Blob([text]),
  "a Response with text": () => new Response(text),
  "fromLines of an array": () => fromLines(lines),
  "fromLines of a set": () => fromLines(new Set(lines)),
};

const forms = [...Object.keys(new Closings().forms), ...Object.keys(plainForms)];

/** A listener and a client that has logged in, for a mailbox of two messages with these contents. */
async function served(contents: () => unknown) {
  const untyped: Iterable<readonly unknown[]> = [["messageContents", contents]];
  const mailbox = Object.assign(new MemoryMailbox({ a: "", b: "" }), Object.fromEntries(untyped));
  const pop3 = new ObservedListener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  const client = await LoopbackClient.connect(port);
  await client.logIn();
  return {
    pop3,
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await pop3.stop();
    },
  };
}

for (const form of forms) {
  Deno.test(`contents as ${form}: RETR and TOP, closed once each`, async () => {
    const closings = new Closings();
    const make = closings.forms[form] ?? plainForms[form] ?? (() => null);
    const mustBeClosed = form in closings.forms;
    await using session = await served(make);
    const { client } = session;
    await client.command("RETR 1");
    assertEquals(await client.readLines(), shown);
    await client.command("NOOP");
    assertEquals(closings.count, mustBeClosed ? 1 : 0);
    await client.command("TOP 1 0");
    assertEquals(await client.readLines(), shown.slice(0, 2));
    await client.command("NOOP");
    assertEquals(closings.count, mustBeClosed ? 2 : 0);
  });

  Deno.test(`messageOctets of ${form}: as POP3 counts, and closed`, async () => {
    const closings = new Closings();
    const make = closings.forms[form] ?? plainForms[form] ?? (() => "");
    assertEquals(await messageOctets(make()), SIZE);
    assertEquals(closings.count, form in closings.forms ? 1 : 0);
  });
}

Deno.test("a stream of node:fs is served octet for octet, and its file closed", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "a.eml");
  const long = Array.from({ length: 20_000 }, (_, number) => `line ${number}`);
  await Deno.writeTextFile(path, ["Subject: long", "", ...long].join("\n"));
  const streams: ReturnType<typeof createReadStream>[] = [];
  await using session = await served(() => {
    const stream = createReadStream(path);
    streams.push(stream);
    return stream;
  });
  const { client } = session;
  await client.command("RETR 1");
  assertEquals(await client.readLines(), ["Subject: long", "", ...long]);
  await client.command("TOP 1 1");
  assertEquals(await client.readLines(), ["Subject: long", "", "line 0"]);
  await client.command("NOOP");
  assertEquals(streams.map(({ destroyed }) => destroyed), [true, true]);
  for (const stream of streams) if (!stream.closed) await once(stream, "close");
  assertEquals(await messageOctets(createReadStream(path)), (await Deno.stat(path)).size + 20_003);
});

Deno.test("contents that are thrown away unread are closed", async () => {
  const stream = createReadStream(new URL(import.meta.url));
  await openBody(stream).close();
  assertEquals(stream.destroyed, true);
  const closings = new Closings();
  await openBody(closings.stream(chunks)).close();
  await openBody(fromLines(closings.stream(lines))).close();
  assertEquals(closings.count, 2);
});

const ALLOWED = "a string, Uint8Array, Blob, Response, ReadableStream, async iterable";
const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ["undefined", undefined, RegExp(`undefined.*${ALLOWED}`)],
  ["a number", 42, RegExp(`42.*${ALLOWED}`)],
  ["an array of strings", ["a", "b"], RegExp(`array.*${ALLOWED}`)],
  ["an object", { lines: [] }, RegExp(`this object.*${ALLOWED}`)],
  ["{ nextChunk } without close", { nextChunk: () => null }, RegExp(`this object.*${ALLOWED}`)],
  [
    "a chunk that is a number",
    { nextChunk: () => 1, close() {} },
    /\b1\b.*(octets|Uint8Array), or null after the last/,
  ],
  [
    "a line that is undefined",
    { nextLine: () => undefined, close() {} },
    /a line of a message: undefined: give a string or Uint8Array, or null after the last one/,
  ],
  [
    "a stream of objects",
    ReadableStream.from([{}]),
    /a chunk of a message: this object: give a Uint8Array or a string/,
  ],
  [
    "a Response that is not ok",
    new Response("no", { status: 503 }),
    /the Response for a message is 503/,
  ],
];

for (const [name, content, message] of wrong) {
  Deno.test(`contents that are none, ${name}: an error event says what is allowed`, async () => {
    await using session = await served(() => content);
    const { client, pop3 } = session;
    assertMatch(await client.command("RETR 1") ?? "", /^-ERR \[SYS\/TEMP\] /);
    const [event] = pop3.all("error");
    assertMatch(String(event?.error), message);
    assertEquals(pop3.all("error").length, 1);
    assertEquals(await client.command("NOOP"), "+OK There's no-one here but us POP3 services.");
  });
}

Deno.test("a wrong chunk in the middle: nothing of it is written, the connection ends, all is closed", async () => {
  let closed = 0;
  const rest: unknown[] = [new TextEncoder().encode("Subject: a\r\n\r\n"), "not octets"];
  await using session = await served(() => ({
    nextChunk: () => rest.shift() ?? null,
    close: () => void closed++,
  }));
  const { client, pop3 } = session;
  await client.send("RETR 1\r\n");
  const received: string[] = [];
  for (let line = await client.readLine(); line !== null; line = await client.readLine()) {
    received.push(line);
  }
  assertEquals(received.some((line) => line.includes("not octets") || line === "."), false);
  const { error } = await pop3.until("error");
  assertEquals([error instanceof TypeError, closed], [true, 1]);
});

Deno.test("the body of a Response that is not ok is cancelled, and one that was read is refused", async () => {
  const closings = new Closings();
  const failed = new Response(closings.stream(chunks), { status: 404, statusText: "Not Found" });
  await assertRejects(
    () => messageOctets(failed),
    Error,
    "the Response for a message is 404 Not Found",
  );
  assertEquals(closings.count, 1);
  const read = new Response(text);
  await read.text();
  await assertRejects(() => messageOctets(read), TypeError, "has been read before");
});

Deno.test("null: the message is gone, and the session goes on", async () => {
  await using session = await served(() => null);
  const { client } = session;
  for (const command of ["RETR 1", "TOP 2 0"]) {
    assertEquals(await client.command(command), "-ERR That message is gone.");
  }
  assertEquals(await client.command("NOOP"), "+OK There's no-one here but us POP3 services.");
});

Deno.test("fromLines refuses text and octets: they are contents as they are", () => {
  for (const given of ["a\nb", octets, 3, undefined, null]) {
    const untyped: Iterable<readonly unknown[]> = [["lines", given]];
    const { lines } = Object.fromEntries(untyped);
    assertThrows(() => fromLines(lines), TypeError, "give an iterable or async iterable of lines");
  }
});

Deno.test("a program passes a message of a folder on, and changes what the server asks of it", async () => {
  await using folder = await TemporaryFolder.create();
  await Deno.writeTextFile(join(folder.path, "a"), "secret\n");
  const stored = folderMailbox(folder.path, { settleTime: 0 });
  const closings = new Closings();
  const changes: readonly ((body: MessageBody) => MessageBody)[] = [
    (body) => body,
    (body) => {
      const rest = [new TextEncoder().encode("redacted\n")];
      return Object.assign(body, { nextChunk: () => rest.shift() ?? null });
    },
    (body) => Object.assign(body, { close: () => void closings.count++ }),
    (body) => Object.create(body),
    (body) => new Proxy(body, { has: () => true }),
  ];
  let change = changes[0];
  const mailbox: Mailbox = {
    listMessageUniqueIds: (info) => stored.listMessageUniqueIds(info),
    mailboxIsReadOnly: (info) => stored.mailboxIsReadOnly(info),
    messageExists: (info, id) => stored.messageExists(info, id),
    messageSize: (info, id) => stored.messageSize(info, id),
    async messageContents(info, id) {
      const content = await stored.messageContents(info, id);
      return change?.(openBody(content)) ?? null;
    },
    messageDelete: (info, ids) => stored.messageDelete(info, ids),
  };
  await using pop3 = new ObservedListener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  const replies: string[] = [];
  for (change of changes) {
    const status = await client.command("RETR 1");
    replies.push(status?.startsWith("+OK") === true ? (await client.readLines()).join() : "-ERR");
  }
  assertEquals(replies, ["secret", "redacted", "secret", "-ERR", "-ERR"]);
  assertEquals(closings.count, 1);
  assertEquals(pop3.all("error").length, 2);
  assertEquals(pop3.all("message-sent").length, 3);
});
