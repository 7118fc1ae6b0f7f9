/** Message contents in each shape that a provider may give, over real sessions. */
import { assertEquals } from "@std/assert";
import { MemoryMailbox, type MessageContent, Pop3Listener } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { providerOf } from "../transcript_peers.ts";

const text = "Subject: Grüße\r\n\r\n.dot\r\nlast\r\n";
const octets = new TextEncoder().encode(text);

class Closings {
  count = 0;

  lines(): MessageContent {
    const lines: (string | Uint8Array)[] = text.split("\r\n").slice(0, -1);
    lines[0] = new TextEncoder().encode("Subject: Grüße");
    return {
      nextLine: () => lines.shift() ?? null,
      close: () => void this.count++,
    };
  }

  chunks(): MessageContent {
    const chunks = [octets.subarray(0, 20), octets.subarray(20)];
    return {
      nextChunk: () => Promise.resolve(chunks.shift() ?? null),
      close: () => Promise.resolve(void this.count++),
    };
  }

  async *generator(): AsyncGenerator<string> {
    try {
      for (const line of text.split("\r\n").slice(0, -1)) yield await Promise.resolve(line);
    } finally {
      this.count++;
    }
  }

  stream(): MessageContent {
    const chunks = [octets.subarray(0, 20), octets.subarray(20)];
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const chunk = chunks.shift();
        if (chunk !== undefined) return controller.enqueue(chunk);
        this.count++;
        controller.close();
      },
      cancel: () => void this.count++,
    });
  }

  streamOfText(): MessageContent {
    return ReadableStream.from(this.generator());
  }
}

for (const shape of ["lines", "chunks", "generator", "stream", "streamOfText"] as const) {
  Deno.test(`contents as ${shape}: RETR and TOP, each closes them once`, async () => {
    const closings = new Closings();
    const mailbox = new MemoryMailbox({ a: "" });
    mailbox.messageContents = () => closings[shape]();
    await using pop3 = new Pop3Listener({ provider: providerOf(mailbox) });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using client = await LoopbackClient.connect(port);
    await client.logIn();
    await client.command("RETR 1");
    assertEquals((await client.readLines()).slice(1), ["", ".dot", "last"]);
    await client.command("NOOP");
    assertEquals(closings.count, 1);
    await client.command("TOP 1 0");
    assertEquals((await client.readLines()).length, 2);
    await client.command("NOOP");
    assertEquals(closings.count, 2);
  });
}

Deno.test("null as the contents of a message means that it is gone; the session goes on", async () => {
  class Vanishing extends MemoryMailbox {
    override messageContents() {
      return null;
    }
  }
  const mailbox = new Vanishing({ a: "Subject: a\r\n\r\n", b: "Subject: b\r\n\r\n" });
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  for (const command of ["RETR 1", "TOP 2 0"]) {
    assertEquals(await client.command(command), "-ERR That message is gone.");
  }
  assertEquals(await client.command("NOOP"), "+OK There's no-one here but us POP3 services.");
});
