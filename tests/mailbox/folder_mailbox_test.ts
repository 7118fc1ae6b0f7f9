import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { uniqueIdOfName } from "../../lib/mailbox/files/unique_id_of_name.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { wellFormed } from "../protocol/chunks.ts";
import { providerOf } from "../transcript_peers.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function write(folder: TemporaryFolder, name: string, seconds = 1_000): Promise<void> {
  const path = join(folder.path, name);
  await Deno.writeTextFile(path, `Subject: ${name.length}\n\nbody\n`);
  await Deno.utime(path, seconds, seconds);
}

Deno.test("regular files only: no dot files, folders or symbolic links", async () => {
  await using folder = await TemporaryFolder.create();
  await using elsewhere = await TemporaryFolder.create();
  await write(folder, "message");
  await write(folder, ".hidden");
  await write(elsewhere, "secret");
  await Deno.mkdir(join(folder.path, "folder"));
  await Deno.symlink(join(elsewhere.path, "secret"), join(folder.path, "link"));
  await Deno.symlink("message", join(folder.path, "link-inside"));
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), ["message"]);
});

Deno.test("the order is by time, then by name", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "c", 1_000);
  await write(folder, "b", 2_000);
  await write(folder, "a", 2_000);
  await write(folder, "d", 500);
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), ["d", "c", "a", "b"]);
});

Deno.test("a name that cannot be a unique-id gets a derived one, which no other file can get", async () => {
  const derived = await uniqueIdOfName("with space.eml");
  assertMatch(derived, /^~[0-9a-f]{40}$/);
  assertEquals(await uniqueIdOfName("with space.eml"), derived);
  assertEquals(await uniqueIdOfName("plain.eml"), "plain.eml");
  for (const name of ["_", "né", "x".repeat(71), derived]) {
    assertMatch(await uniqueIdOfName(name), /^~[0-9a-f]{40}$/);
    assert(await uniqueIdOfName(name) !== name);
  }
  await using folder = await TemporaryFolder.create();
  for (const name of ["with space.eml", derived, "Plain", "plain"]) await write(folder, name);
  const info = testConnectionInfo();
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  assertEquals(new Set(uniqueIds).size, 4);
  assertEquals(await mailbox.messageSize(info, derived), "Subject: 14\r\n\r\nbody\r\n".length);
});

Deno.test("a size is counted again only when the file has changed", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "a");
  await write(folder, "a");
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const first = testConnectionInfo();
  await mailbox.listMessageUniqueIds(first);
  const size = await mailbox.messageSize(first, "a");
  await Deno.writeTextFile(path, "Subject: longer now\n\nbody\n");
  const second = testConnectionInfo();
  const [changed = ""] = await mailbox.listMessageUniqueIds(second);
  assertEquals(await mailbox.messageSize(second, changed) > size, true);
});

Deno.test("a file that was changed since the login is neither sent nor deleted", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "a");
  await write(folder, "a");
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  await Deno.writeTextFile(path, "Subject: another message\n\n");
  await assertRejects(
    async () => await mailbox.messageContents(info, "a"),
    Pop3ResponseError,
    "That message has changed since you logged in.",
  );
  await assertRejects(
    async () => await mailbox.messageDelete(info, ["a"]),
    Pop3ResponseError,
    "nothing was deleted",
  );
  assertEquals(await Deno.readTextFile(path), "Subject: another message\n\n");
});

Deno.test("when one file of a set cannot be moved, all are put back and none of the server's files is left", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["a", "b", "c"]) await write(folder, name);
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  const rename = Deno.rename;
  Deno.rename = (from, to) =>
    `${from}`.endsWith("/c") ? Promise.reject(new Error("EIO")) : rename(from, to);
  try {
    await assertRejects(
      async () => await mailbox.messageDelete(info, ["a", "b", "c"]),
      Error,
      "EIO",
    );
  } finally {
    Deno.rename = rename;
  }
  assertEquals(folder.names(), ["a", "b", "c"]);
});

Deno.test("only unique-ids of this login's list are known", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "a");
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  for (const uniqueId of ["../a", "b", "/etc/passwd"]) {
    await assertRejects(
      async () => await mailbox.messageSize(info, uniqueId),
      Pop3ResponseError,
      "No such",
    );
  }
});

Deno.test("a file that vanishes gives a clean -ERR, and the session goes on", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "a", 1_000);
  await write(folder, "b", 2_000);
  await using pop3 = new Pop3Listener({
    provider: providerOf(folderMailbox(folder.path, { settleTime: 0 })),
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await Deno.remove(join(folder.path, "a"));
  assertEquals(await client.command("RETR 1"), "-ERR That message is gone.");
  assertEquals(await client.command("STAT"), "+OK 1 20");
  assertEquals(
    await client.command("DELE 1"),
    "+OK Message UID:a flagged for delete on QUIT or SLEE.",
  );
  assertEquals(
    await client.command("DELE 2"),
    "+OK Message UID:b flagged for delete on QUIT or SLEE.",
  );
  assertEquals(await client.command("QUIT"), "+OK 2 messages deleted. Closing connection.");
  assertEquals(folder.names(), []);
});

Deno.test("looking up new messages does not change the session's list", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["changed", "gone", "stays"]) await write(folder, name);
  await using pop3 = new Pop3Listener({
    provider: providerOf(folderMailbox(folder.path, { settleTime: 0 })),
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.command("STAT");
  await Deno.remove(join(folder.path, "gone"));
  await Deno.writeTextFile(join(folder.path, "changed"), "Subject: something else\n\n");
  await write(folder, "late");
  assertEquals(await client.command("LIST UID:late"), "+OK 0 20");
  assertEquals(await client.command("RETR UID:gone"), "-ERR That message is gone.");
  assertEquals(
    await client.command("RETR UID:changed"),
    "-ERR That message has changed since you logged in.",
  );
  assertEquals(
    await client.command("DELE UID:changed"),
    "-ERR That message has changed since you logged in.",
  );
  for (const name of ["gone", "late"]) await client.command(`DELE UID:${name}`);
  assertEquals(await client.command("QUIT"), "+OK 2 messages deleted. Closing connection.");
  // The changed file is not the message that was marked; the index remembers its other id.
  assertEquals(folder.names(), [".pop3svc", "changed", "stays"]);
  assertEquals(folder.names(".pop3svc"), ["index"]);
});

Deno.test("trash: deleted messages lie in the hidden trash, and none replaces another", async () => {
  await using folder = await TemporaryFolder.create();
  const mailbox = folderMailbox(folder.path, { deletePolicy: "trash" });
  for (let times = 0; times < 2; times++) {
    await write(folder, "a");
    await write(folder, "b");
    const info = testConnectionInfo();
    await mailbox.messageDelete(info, await mailbox.listMessageUniqueIds(info));
    assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), []);
  }
  assertEquals(folder.names(), [".pop3svc"]);
  assertEquals(folder.names(".pop3svc"), ["trash"]);
  assertEquals(folder.names(".pop3svc/trash"), ["1.a", "1.b", "a", "b"]);
});

Deno.test("keep: the reply says that the message is deleted, and the file stays", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "a");
  const mailbox = folderMailbox(folder.path, { deletePolicy: "keep" });
  const info = testConnectionInfo();
  await mailbox.messageDelete(info, await mailbox.listMessageUniqueIds(info));
  assertEquals(folder.names(), ["a"]);
});

Deno.test("names that differ only in case are two messages, if the file system has both", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "A");
  await write(folder, "a");
  const uniqueIds = await folderMailbox(folder.path, { settleTime: 0 }).listMessageUniqueIds(
    testConnectionInfo(),
  );
  assertEquals([...uniqueIds], folder.names());
});

Deno.test("a mailbox that is removed while it is served: the next login gets an error, the process goes on", async () => {
  const folder = await TemporaryFolder.create();
  await write(folder, "a");
  const errors: unknown[] = [];
  await using pop3 = new Pop3Listener({
    provider: providerOf(folderMailbox(folder.path, { settleTime: 0 })),
    onEvent: (event) => {
      if (event.type === "error") errors.push(event.error);
    },
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using before = await LoopbackClient.connect(port);
  await before.logIn();
  await folder[Symbol.asyncDispose]();
  assertEquals(await before.command("NOOP"), "+OK There's no-one here but us POP3 services.");
  using after = await LoopbackClient.connect(port);
  assertEquals(
    await after.logIn(),
    "-ERR [SYS/TEMP] System error. Administrators should check logs.",
  );
  assertMatch(String(errors[0]), new RegExp(folder.path));
  await Deno.mkdir(folder.path);
  await write(folder, "b");
  using back = await LoopbackClient.connect(port);
  assertEquals(await back.logIn(), "+OK Welcome.");
  assertEquals(await back.command("UIDL 1"), "+OK 1 b");
  await folder[Symbol.asyncDispose]();
});

Deno.test("with a settle time, nothing younger is a message", async () => {
  await using folder = await TemporaryFolder.create();
  const mailbox = folderMailbox(folder.path, { settleTime: 2 });
  const count = async () => (await mailbox.listMessageUniqueIds(testConnectionInfo())).length;
  await write(folder, "complete", 1_000);
  await Deno.writeTextFile(join(folder.path, "half"), "Subject: ha");
  const past = (seconds: number) => new Date(Date.now() - 1_000 * seconds);
  // The folder's time has not changed, but it must be listed again: a young file becomes older.
  await Deno.utime(folder.path, past(60), past(60));
  assertEquals(await count(), 1);
  await Deno.utime(join(folder.path, "half"), past(1), past(1));
  await Deno.utime(folder.path, past(60), past(60));
  assertEquals(await count(), 1);
  await Deno.utime(join(folder.path, "half"), past(3), past(3));
  await Deno.utime(folder.path, past(60), past(60));
  assertEquals(await count(), 2);
});

Deno.test("a time in the future means a wrong clock, not a file that is being written", async () => {
  await using folder = await TemporaryFolder.create();
  await write(folder, "a", Date.now() / 1_000 + 3_600);
  const uniqueIds = await folderMailbox(folder.path).listMessageUniqueIds(testConnectionInfo());
  assertEquals(uniqueIds.length, 1);
});

Deno.test("large messages are sent alike before and after the server knows that they need no changes", async () => {
  await using folder = await TemporaryFolder.create();
  const clean = `Subject: clean\r\n\r\n${"0123456789abcdef\r\n".repeat(60_000)}`;
  const texts: Readonly<Record<string, string>> = {
    "1-clean": clean,
    "2-dot-at-the-end": `${clean}.\r\n`,
    "3-no-line-end": clean.slice(0, -2),
    "4-lf": clean.replaceAll("\r\n", "\n"),
    "5-exactly-one-chunk": clean.slice(0, 262_142) + "\r\n",
  };
  for (const [name, text] of Object.entries(texts)) {
    await Deno.writeTextFile(join(folder.path, name), text);
    await Deno.utime(join(folder.path, name), 1_000, 1_000);
  }
  await using pop3 = new Pop3Listener({
    provider: providerOf(folderMailbox(folder.path, { settleTime: 0 })),
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  for (const isKnown of [false, true]) {
    if (isKnown) await client.command("STAT");
    for (const [index, [name, text]] of Object.entries(texts).entries()) {
      await client.send(`RETR ${index + 1}\r\n`);
      await client.readLine();
      const fetched = `${(await client.readLines()).join("\r\n")}\r\n`;
      const expected = wellFormed(new TextEncoder().encode(text));
      // Compared as booleans, so that a failure does not print a megabyte.
      assert(fetched === expected, `${name}, known: ${isKnown}`);
    }
    await client.send("TOP 1 1\r\n");
    await client.readLine();
    assertEquals(await client.readLines(), ["Subject: clean", "", "0123456789abcdef"]);
  }
});
