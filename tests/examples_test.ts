/** The examples are run as processes, and the pages that show them show what is in them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { parseTranscript, Pop3Client } from "../lib/testing/mod.ts";
import { runProgram } from "./running_program.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

/** An example as a process of its own, until the test is over. */
class RunningExample implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(name: string, ...args: readonly string[]): Promise<RunningExample> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", `examples/${name}.ts`, "0", ...args],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let said = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      const [, port] = /listening on port (\d+)\n/.exec(said) ?? [];
      if (port !== undefined) return new RunningExample(process, Number(port));
    }
    throw new Error(`${name} did not start: ${said}`);
  }

  async logIn(username = "me", password = "passw0rd"): Promise<Pop3Client> {
    const client = await Pop3Client.connect({ port: this.port });
    await client.logIn(username, password);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder.path, name)), { recursive: true });
    await Deno.writeTextFile(join(folder.path, name), text);
  }
  return folder;
}

for (const name of ["1_nobody", "2_refusing"]) {
  Deno.test(`walk-through ${name}: everyone is refused`, async () => {
    await using example = await RunningExample.start(`walk-through/${name}`);
    using client = await Pop3Client.connect({ port: example.port });
    assertEquals((await client.say("XLOG me passw0rd")).code, "AUTH");
  });
}

Deno.test("walk-through 3_empty: me, and no mail", async () => {
  await using example = await RunningExample.start("walk-through/3_empty");
  using client = await example.logIn();
  assertEquals((await client.say("STAT")).text, "0 0");
  using other = await Pop3Client.connect({ port: example.port });
  assertEquals((await other.say("XLOG me wrong")).code, "AUTH");
});

Deno.test("walk-through 4_file_names: the files, in order", async () => {
  await using folder = await folderWith({
    "b.eml": "Subject: b\n\n",
    "a.eml": "x",
    "c d.eml": "x",
  });
  await using example = await RunningExample.start("walk-through/4_file_names", folder.path);
  using client = await example.logIn();
  assertEquals(await client.listing("UIDL"), ["1 a.eml", "2 b.eml"]);
  assertEquals((await client.say("RETR 1")).text, "Not yet.");
});

Deno.test("walk-through 5_line_by_line: messages, and no secrets", async () => {
  await using folder = await folderWith({
    "mail/a.eml": "Subject: a\r\n\r\n.dot\nno line end",
    "my-secret-file.txt": "secret",
  });
  await using example = await RunningExample.start(
    "walk-through/5_line_by_line",
    join(folder.path, "mail"),
  );
  using client = await example.logIn();
  assertEquals((await client.say("LIST 1")).text, "1 33");
  assertEquals(await client.listing("RETR 1"), ["Subject: a", "", ".dot", "no line end"]);
  assertEquals((await client.say("RETR UID:../my-secret-file.txt")).code, "UID/NOT-FOUND");
  assertEquals((await client.say("DELE 1")).code, "READ-ONLY");
});

Deno.test("walk-through 6_deleting: all or none", async () => {
  await using folder = await folderWith({ a: "x\n", b: "y\n", c: "z\n" });
  await using example = await RunningExample.start("walk-through/6_deleting", folder.path);
  using client = await example.logIn();
  await client.pipeline("DELE 1", "DELE 2");
  // Somebody is faster: this simple mailbox takes that for a failure, and undoes what it did.
  await Deno.remove(join(folder.path, "b"));
  assertEquals((await client.say("QUIT")).code, "SYS/TEMP");
  assertEquals(folder.names(), [".trash", "a", "c"]);
  using again = await example.logIn();
  await again.say("DELE 1");
  assertEquals((await again.say("QUIT")).text, "1 message deleted. Closing connection.");
  assertEquals([folder.names(), folder.names(".trash")], [[".trash", "c"], ["a"]]);
});

Deno.test("many users, each with a folder", async () => {
  await using folder = await folderWith({
    "ann/1": "Subject: ann\n\n",
    "bob/1": "Subject: bob\n\n",
  });
  await using example = await RunningExample.start("many_users", folder.path);
  for (const [name, password] of [["ann", "a"], ["bob", "b"]] as const) {
    using client = await example.logIn(name, password);
    assertEquals((await client.listing("RETR 1"))[0], `Subject: ${name}`);
  }
  using nobody = await Pop3Client.connect({ port: example.port });
  assertEquals((await nobody.say("XLOG ann b")).code, "AUTH");
});

Deno.test("a table of hashed passwords", async () => {
  const { stdout } = await runProgram(["hash", "--scheme", "bcrypt"], { stdin: "s3cret" });
  await using folder = await folderWith({ users: `ann:${stdout}`, "mail/ann/1": "Subject: a\n\n" });
  await using example = await RunningExample.start("hashed_passwords", folder.path);
  using client = await example.logIn("ann", "s3cret");
  assertEquals((await client.say("STAT")).text, "1 14");
});

Deno.test("a mailbox over an HTTP API", async () => {
  const messages = new Map([["m1", "Subject: one\r\n\r\n"], ["m2", "Subject: two\r\n\r\n"]]);
  await using api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const url = new URL(request.url);
    if (request.headers.get("authorization") !== "Bearer t0ken") {
      return new Response(null, { status: 401 });
    }
    if (request.method === "DELETE") {
      for (const id of url.searchParams.getAll("id")) messages.delete(id);
      return new Response(null, { status: 204 });
    }
    if (url.pathname === "/messages") {
      return Response.json([...messages].map(([id, text]) => ({ id, octets: text.length })));
    }
    const text = messages.get(url.pathname.slice("/messages/".length));
    return text === undefined ? new Response(null, { status: 404 }) : new Response(text);
  });
  await using example = await RunningExample.start(
    "http_mailbox",
    `http://127.0.0.1:${api.addr.port}`,
  );
  using refused = await Pop3Client.connect({ port: example.port });
  assertEquals((await refused.say("XLOG me wrong")).code, "AUTH");
  using client = await example.logIn("me", "t0ken");
  assertEquals(await client.listing("LIST"), ["1 16", "2 16"]);
  assertEquals(await client.listing("RETR 2"), ["Subject: two", ""]);
  await client.say("DELE 1");
  assertEquals((await client.say("QUIT")).isOk, true);
  assertEquals([...messages.keys()], ["m2"]);
});

Deno.test("a mailbox in a database", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "mail.db");
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE message (id TEXT, user TEXT, octets INTEGER, content BLOB)");
  const add = database.prepare("INSERT INTO message VALUES (?, ?, ?, ?)");
  const content = new TextEncoder().encode("Subject: a\r\n\r\n");
  for (const [id, user] of [["1", "me"], ["2", "you"], ["3", "me"]] as const) {
    add.run(id, user, 14, content);
  }
  await using example = await RunningExample.start("sqlite_mailbox", file);
  using client = await example.logIn();
  assertEquals(await client.listing("UIDL"), ["1 1", "2 3"]);
  assertEquals(await client.listing("RETR 1"), ["Subject: a", ""]);
  await client.say("DELE 1");
  assertEquals((await client.say("QUIT")).isOk, true);
  assertEquals(database.prepare("SELECT id FROM message").all().map(({ id }) => id), ["2", "3"]);
  database.close();
});

Deno.test("several folders as one mailbox that can only be read", async () => {
  const long = "x".repeat(70);
  await using folder = await folderWith({
    "one/a": "1\n",
    "two/a": "22\n",
    [`two/${long}`]: "333\n",
  });
  await using example = await RunningExample.start(
    "merged_folders",
    join(folder.path, "one"),
    join(folder.path, "two"),
  );
  using client = await example.logIn();
  const uniqueIds = (await client.listing("UIDL")).map((line) => line.split(" ")[1] ?? "").sort();
  assertEquals(uniqueIds.slice(0, 2), ["0.a", "1.a"]);
  assertEquals(uniqueIds[2]?.length, 42);
  assertEquals(await client.listing("RETR UID:1.a"), ["22"]);
  assertEquals(await client.listing(`RETR UID:${uniqueIds[2]}`), ["333"]);
  assertEquals((await client.say("DELE 1")).code, "READ-ONLY");
});

Deno.test("the code on the page is the code of the examples", () => {
  const page = Deno.readTextFileSync(join(root, "docs/write-your-own.md"));
  const blocks = [...page.matchAll(/^`(examples\/[^`]+)`\n\n```ts\n([\s\S]*?)```$/gm)];
  assertEquals(blocks.length, (page.match(/^```ts$/gm) ?? []).length);
  const shown = new Set<string>();
  for (const [, file = "", code = ""] of blocks) {
    assertStringIncludes(Deno.readTextFileSync(join(root, file)), code, file);
    shown.add(file);
  }
  const steps = [...Deno.readDirSync(join(root, "examples/walk-through"))];
  assertEquals(shown.size, steps.length);
});

Deno.test("links of the pages lead to files, and their transcripts are transcripts", () => {
  for (const name of ["docs/write-your-own.md", "docs/testing.md", "README.md"]) {
    const page = Deno.readTextFileSync(join(root, name));
    for (const [, target = ""] of page.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      Deno.statSync(join(root, dirname(name), target));
    }
    for (const [, transcript = ""] of page.matchAll(/^```text\n([\s\S]*?)```$/gm)) {
      parseTranscript(transcript);
    }
  }
});
