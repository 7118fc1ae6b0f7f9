/** RETR of a large file counts its octets, so that nothing needs to read the file for its size again. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { isClean } from "../../lib/protocol/reply.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { Served } from "../connection/served.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const LINES = 20_000;
const HEAD = "Subject: x\r\n\r\n";

/** What LIST says, how often it opens the file, and whether the message is then known to be clean. */
async function after(commands: readonly string[], text: string): Promise<readonly unknown[]> {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "a.eml");
  await Deno.writeTextFile(path, text);
  for (const each of [path, folder.path]) await Deno.utime(each, 1_000, 1_000);
  let opened = 0;
  const files: FileSystem = {
    ...denoFileSystem,
    open: (...file) => {
      opened++;
      return denoFileSystem.open(...file);
    },
  };
  const store = new FileStore(folder.path, folderLayout, {}, files);
  const served = new Served(store.open(testConnectionInfo()));
  await served.logIn();
  for (const command of commands) {
    assert((await served.say(command))?.startsWith("+OK"));
    while (await served.transport.readLine() !== ".");
  }
  opened = 0;
  const size = await served.say("LIST 1");
  const again = opened;
  await served.say("QUIT");
  served.transport.endSending();
  await served.done;
  const login = store.open(testConnectionInfo());
  const [uniqueId = ""] = await login.listMessageUniqueIds(testConnectionInfo());
  const body = await login.messageContents(testConnectionInfo(), uniqueId);
  assert(typeof body === "object" && body !== null && "nextChunk" in body);
  await body.close();
  return [size, again, isClean(body)];
}

const lines = (line: string) => HEAD + line.repeat(LINES);

Deno.test("a message that was sent has its size, and is sent without a look at its lines", async () => {
  const text = lines("a line like any other\r\n");
  assertEquals(await after(["RETR 1"], text), [`+OK 1 ${text.length}`, 0, true]);
});

Deno.test("line ends and dots that were added count as they do when the file is measured", async () => {
  for (const line of [".a line\r\n", "a line\n", ".\n"]) {
    const measured = await after([], lines(line));
    assertEquals(await after(["RETR 1"], lines(line)), [measured[0], 0, false]);
    assertEquals(measured.slice(1), [1, false]);
  }
  const openEnd = `${lines("a line\r\n")}no end`;
  assertEquals(await after(["RETR 1"], openEnd), [`+OK 1 ${openEnd.length + 2}`, 0, false]);
});

Deno.test("a part of a message teaches nothing, nor does one that may be an mbox", async () => {
  const text = lines("a line like any other\r\n");
  const measured = [`+OK 1 ${text.length}`, 1, true];
  assertEquals(await after(["TOP 1 1"], text), measured);
  assertEquals(await after(["TOP 1 9999"], text), measured);
  const envelope = "From a@example Thu Jan  1 00:00:00 1970\r\n";
  assertEquals(await after(["RETR 1"], envelope + text), measured);
});
