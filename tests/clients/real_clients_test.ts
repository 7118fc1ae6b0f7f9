/**
 * Real clients fetch the sample folder; the test compares the messages byte for byte.
 *
 * node-pop3 comes with the tests. curl and python3 are used when they are installed, else skipped with a warning.
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { copy } from "@std/fs";
import Pop3Command from "node-pop3";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { Pop3Listener } from "../../lib/listener/pop3_listener.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { joined, wellFormed } from "../protocol/chunks.ts";
import { run, testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { providerOf } from "../transcript_peers.ts";

const sample = fromFileUrl(new URL("../../mailbox-sample", import.meta.url));

/** A copy of the sample folder, served. */
class ServedSample implements AsyncDisposable {
  readonly #pop3: Pop3Listener;
  readonly #folder: TemporaryFolder;
  readonly path: string;
  readonly port: number;

  private constructor(pop3: Pop3Listener, folder: TemporaryFolder, path: string, port: number) {
    this.#pop3 = pop3;
    this.#folder = folder;
    this.path = path;
    this.port = port;
  }

  static async start(): Promise<ServedSample> {
    const folder = await TemporaryFolder.create();
    const path = join(folder.path, "sample");
    await copy(sample, path);
    // Gives the copies times in the order of their names.
    for (const [index, name] of namesIn(path).entries()) {
      await Deno.utime(join(path, name), 1_000 + index, 1_000 + index);
    }
    const pop3 = new Pop3Listener({ provider: providerOf(folderMailbox(path)) });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    return new ServedSample(pop3, folder, path, port);
  }

  /** The messages as a client must get them, in the order of their numbers. */
  expected(): string[] {
    return namesIn(this.path).map((name) => wellFormed(Deno.readFileSync(join(this.path, name))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pop3.stop();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

Deno.test("node-pop3 fetches and deletes", async () => {
  await using served = await ServedSample.start();
  const expected = served.expected();
  const client = new Pop3Command({
    host: "127.0.0.1",
    port: served.port,
    user: "me",
    password: "passw0rd",
  });
  const listed = await client.LIST();
  assertEquals(listed.map(([, size]) => Number(size)), expected.map((message) => message.length));
  for (const [index, message] of expected.entries()) {
    const [, stream] = await client.command("RETR", `${index + 1}`);
    const octets: Uint8Array[] = [];
    for await (const chunk of stream) octets.push(chunk);
    // node-pop3 removes the terminator and the line end before it, and leaves byte-stuffing to its caller.
    assertEquals(`${latin1(joined(octets))}\r\n`.replaceAll(/^\.\./gm, "."), message);
  }
  await client.command("DELE", "1");
  await client.QUIT();
  assertEquals(namesIn(served.path).length, expected.length - 1);
});

await testWith("curl", "curl fetches every message byte for byte", async () => {
  await using served = await ServedSample.start();
  for (const [index, message] of served.expected().entries()) {
    const url = `pop3://127.0.0.1:${served.port}/${index + 1}`;
    assertEquals(latin1(await run("curl", ["-sS", "-u", "me:passw0rd", url])), message);
  }
});

await testWith("python3", "Python's poplib fetches, sizes agree, QUIT deletes", async () => {
  await using served = await ServedSample.start();
  const expected = served.expected();
  const script = `
import json, poplib, sys
poplib._MAXLINE = 100000
pop3 = poplib.POP3("127.0.0.1", ${served.port})
pop3.user("me"); pop3.pass_("passw0rd")
count, octets = pop3.stat()
sizes = [int(line.split()[1]) for line in pop3.list()[1]]
assert octets == sum(sizes), (octets, sizes)
assert len(pop3.uidl()[1]) == count
messages = []
for number in range(1, count + 1):
    message = b"".join(line + b"\\r\\n" for line in pop3.retr(number)[1])
    assert len(message) == sizes[number - 1], number
    head = b"".join(line + b"\\r\\n" for line in pop3.top(number, 0)[1])
    assert message.startswith(head), number
    messages.append(message.decode("latin-1"))
    pop3.dele(number)
pop3.quit()
json.dump(messages, sys.stdout)
`;
  const fetched = JSON.parse(new TextDecoder().decode(await run("python3", ["-c", script])));
  assertEquals(fetched, expected);
  assertEquals(namesIn(served.path), []);
});
