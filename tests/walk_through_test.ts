/** The six steps of docs/write-your-own.md, and one example more, run as processes. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Pop3Client } from "../lib/testing/mod.ts";
import { folderWith, RunningExample } from "./running_example.ts";

async function logIn(example: RunningExample): Promise<Pop3Client> {
  const client = await Pop3Client.connect({ port: example.port });
  await client.logIn("me", "passw0rd");
  return client;
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
  using client = await logIn(example);
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
  await using example = await RunningExample.start("walk-through/4_file_names", {
    args: [folder.path],
  });
  using client = await logIn(example);
  assertEquals(await client.listing("UIDL"), ["1 a.eml", "2 b.eml"]);
  assertEquals((await client.say("RETR 1")).text, "Not yet.");
});

Deno.test("walk-through 5_line_by_line: messages, and no secrets", async () => {
  await using folder = await folderWith({
    "mail/a.eml": "Subject: a\r\n\r\n.dot\nno line end",
    "my-secret-file.txt": "secret",
  });
  await using example = await RunningExample.start("walk-through/5_line_by_line", {
    args: [join(folder.path, "mail")],
  });
  using client = await logIn(example);
  assertEquals((await client.say("LIST 1")).text, "1 33");
  assertEquals(await client.listing("RETR 1"), ["Subject: a", "", ".dot", "no line end"]);
  assertEquals((await client.say("RETR UID:../my-secret-file.txt")).code, "UID/NOT-FOUND");
  assertEquals((await client.say("DELE 1")).code, "READ-ONLY");
});

Deno.test("walk-through 6_deleting: all or none", async () => {
  await using folder = await folderWith({
    a: "x\n",
    b: "y\n",
    c: "z\n",
    ".trash/b/in-the-way": "",
  });
  await using example = await RunningExample.start("walk-through/6_deleting", {
    args: [folder.path],
  });
  using client = await logIn(example);
  await client.pipeline("DELE 1", "DELE 2");
  // b cannot be moved, so a comes back.
  assertEquals((await client.say("QUIT")).code, "SYS/TEMP");
  assertEquals(folder.names(), [".trash", "a", "b", "c"]);
  using again = await logIn(example);
  await again.pipeline("DELE 1", "DELE 2");
  await Deno.remove(join(folder.path, "b"));
  assertEquals((await again.say("QUIT")).text, "2 messages deleted. Closing connection.");
  assertEquals([folder.names(), folder.names(".trash")], [[".trash", "c"], ["a", "b"]]);
});

Deno.test("several folders as one mailbox that can only be read", async () => {
  const long = "x".repeat(70);
  await using folder = await folderWith({
    "one/a": "1\n",
    "two/a": "22\n",
    [`two/${long}`]: "333\n",
  });
  await using example = await RunningExample.start("merged_folders", {
    args: [join(folder.path, "one"), join(folder.path, "two")],
  });
  using client = await logIn(example);
  const uniqueIds = (await client.listing("UIDL")).map((line) => line.split(" ")[1] ?? "").sort();
  assertEquals(uniqueIds.slice(0, 2), ["0.a", "1.a"]);
  assertEquals(uniqueIds[2]?.length, 42);
  assertEquals(await client.listing("RETR UID:1.a"), ["22"]);
  assertEquals(await client.listing(`RETR UID:${uniqueIds[2]}`), ["333"]);
  assertEquals((await client.say("DELE 1")).code, "READ-ONLY");
});
