/** The programs of docs/library.md run as processes and are used by real clients, and the page shows what is in them. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { messageOctets } from "../lib/mod.ts";
import { testWith } from "./installed_program.ts";
import { type PoplibMail, readWithPoplib } from "./poplib_client.ts";
import { folderWith, RunningExample } from "./running_example.ts";
import { authority, certificate } from "./test_authority.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

/** The messages that poplib took. */
function messagesIn(mail: PoplibMail): readonly string[] {
  assertEquals(mail.refused, null);
  return mail.refused === null ? mail.messages : [];
}

Deno.test("each example passes the type check", async () => {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "examples/"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});

await testWith("python3", "two users in memory", async () => {
  await using example = await RunningExample.start("two_users");
  const { port } = example;
  const ann = await readWithPoplib({ port });
  assertEquals(messagesIn(ann), ["Subject: Hello, Ann\r\n\r\nHow are you?\r\n"]);
  assertEquals(messagesIn(await readWithPoplib({ port, username: "bob", password: "hidden" })), []);
  const wrong = await readWithPoplib({ port, username: "bob", password: "secret" });
  assertMatch(wrong.refused ?? "", /\[AUTH\]/);
});

await testWith("python3", "mail behind HTTP", async () => {
  const messages = new Map([["m/1", "Subject: one\r\n\r\n"], ["m/2", "Subject: two\r\n\r\n"]]);
  await using api = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (request.headers.get("authorization") !== "Bearer t0ken") {
        return new Response(null, { status: 401 });
      }
      if (request.method === "POST") {
        for (const id of await request.json()) messages.delete(id);
        return new Response(null, { status: 204 });
      }
      if (pathname === "/messages") {
        return Response.json(
          [...messages].map(([uniqueId, { length }]) => ({ uniqueId, octets: length })),
        );
      }
      const text = messages.get(decodeURIComponent(pathname.slice("/messages/".length)));
      return text === undefined ? new Response(null, { status: 404 }) : new Response(text);
    },
  );
  await using example = await RunningExample.start("http_mailbox", {
    args: [`http://127.0.0.1:${api.addr.port}/messages`],
  });
  const { port } = example;
  assertMatch((await readWithPoplib({ port, password: "wrong" })).refused ?? "", /\[AUTH\]/);
  assertEquals(await readWithPoplib({ port, password: "t0ken", remove: [1] }), {
    refused: null,
    uniqueIds: ["m/1", "m/2"],
    sizes: [16, 16],
    messages: ["Subject: one\r\n\r\n", "Subject: two\r\n\r\n"],
    quit: "+OK 1 message deleted. Closing connection.",
  });
  assertEquals([...messages.keys()], ["m/2"]);
});

await testWith("python3", "mail in SQLite", async () => {
  await using folder = await folderWith({});
  await using example = await RunningExample.start("sqlite_mailbox", { folder: folder.path });
  using database = new DatabaseSync(join(folder.path, "mail.db"));
  const add = database.prepare("INSERT INTO message VALUES (?, ?, ?)");
  for (const id of ["b", "a", "c"]) {
    const content = new TextEncoder().encode(`Subject: ${id}\n\n.`);
    add.run(id, await messageOctets(content), content);
  }
  assertEquals(await readWithPoplib({ port: example.port, remove: [1, 3] }), {
    refused: null,
    uniqueIds: ["b", "a", "c"],
    sizes: [17, 17, 17],
    messages: ["b", "a", "c"].map((id) => `Subject: ${id}\r\n\r\n.\r\n`),
    quit: "+OK 2 messages deleted. Closing connection.",
  });
  assertEquals(database.prepare("SELECT id FROM message").all().map(({ id }) => id), ["a"]);
});

await testWith("python3", "passwords elsewhere", async () => {
  await using folder = await folderWith({
    "Maildir/cur/1:2,S": "Subject: one\n\n",
    "Maildir/new/2": "x\n",
  });
  await using accounts = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const given = await request.formData();
      if (given.get("username") === "broken") return new Response(null, { status: 500 });
      const isRight = given.get("username") === "ann" && given.get("password") === "secret";
      return isRight ? new Response("Maildir") : new Response(null, { status: 401 });
    },
  );
  await using example = await RunningExample.start("passwords_elsewhere", {
    args: [`http://127.0.0.1:${accounts.addr.port}/check`],
    folder: folder.path,
  });
  const { port } = example;
  assertEquals([...messagesIn(await readWithPoplib({ port }))].sort(), [
    "Subject: one\r\n\r\n",
    "x\r\n",
  ]);
  assertMatch((await readWithPoplib({ port, password: "wrong" })).refused ?? "", /\[AUTH\]/);
  assertMatch((await readWithPoplib({ port, username: "broken" })).refused ?? "", /\[SYS\/TEMP\]/);
});

await testWith("python3", "log and count", async () => {
  await using example = await RunningExample.start("log_and_count");
  assertEquals(messagesIn(await readWithPoplib({ port: example.port })).length, 1);
  await example.says("1: 15 octets\n");
});

await testWith("curl", "in tests", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "-A", "--trace-leaks", "examples/in_tests.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stdout) + decoder.decode(stderr));
  assertStringIncludes(decoder.decode(stdout), "1 passed");
});

await testWith("python3", "TLS", async () => {
  await using folder = await folderWith({
    "fullchain.pem": certificate.cert,
    "privkey.pem": certificate.key,
  });
  await using example = await RunningExample.start("tls", {
    folder: folder.path,
    ports: [1100, 9955],
  });
  const ca = authority.pem;
  for (const [port, tls] of [[1100, "stls"], [9955, "implicit"]] as const) {
    const mail = await readWithPoplib({ port: example.portOf(port), tls, ca });
    assertEquals(messagesIn(mail), ["Subject: Hi\r\n\r\n"]);
  }
});

await testWith("python3", "files, a Maildir, and streams of node:fs", async () => {
  const long = `Subject: long\n\n${"0123456789\n".repeat(20_000)}`;
  await using folder = await folderWith({
    "mail/ann/1.eml": "Subject: ann\n\n",
    "mail/bob/new/1": "Subject: bob\n\n",
    "mail/bob/cur/2:2,S": ".\n",
    "mail/cyd/a": long,
    "mail/cyd/b": "no line end",
  });
  await using example = await RunningExample.start("files", { folder: folder.path });
  const mailOf = async (username: string) =>
    messagesIn(await readWithPoplib({ port: example.port, username }));
  assertEquals(await mailOf("ann"), ["Subject: ann\r\n\r\n"]);
  assertEquals([...await mailOf("bob")].sort(), [".\r\n", "Subject: bob\r\n\r\n"]);
  assertEquals(await mailOf("cyd"), [long.replaceAll("\n", "\r\n"), "no line end\r\n"]);
});

await testWith("python3", "deletion as one set", async () => {
  const mail = [["10", "Subject: a\n"], ["2", "Subject: b\n"], ["x", "Subject: c\n"]];
  await using folder = await folderWith({ "mail.json": JSON.stringify(mail) });
  await using example = await RunningExample.start("delete_as_one", { folder: folder.path });
  const { port } = example;
  const taken = await readWithPoplib({ port, remove: [1, 3] });
  assertEquals(messagesIn(taken), ["Subject: a\r\n", "Subject: b\r\n", "Subject: c\r\n"]);
  assertEquals(JSON.parse(await Deno.readTextFile(join(folder.path, "mail.json"))), [mail[1]]);
  // A folder is in the way: nothing is deleted, and the client is told.
  await Deno.mkdir(join(folder.path, "mail.json.new"));
  const failed = await readWithPoplib({ port, remove: [1] });
  assertMatch(failed.refused === null ? failed.quit : "", /^-ERR \[SYS\/TEMP\]/);
  assertEquals(JSON.parse(await Deno.readTextFile(join(folder.path, "mail.json"))), [mail[1]]);
});
