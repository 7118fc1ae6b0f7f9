/** Files in a folder that are no messages, and folders that are something else than they seem. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { seenFormat } from "../../lib/mailbox/open_mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function folderOf(names: readonly string[]): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const name of names) {
    await Deno.writeTextFile(join(folder.path, name), "Subject: x\n\n");
    await Deno.utime(join(folder.path, name), 1_000, 1_000);
  }
  return folder;
}

const cases: readonly (readonly [string, readonly string[], readonly string[], boolean])[] = [
  ["a Thunderbird profile", ["Inbox", "Inbox.msf", "a.eml"], ["a.eml"], true],
  ["MH, in the order of its numbers", ["1", "10", "11", "2", "3", ",4"], [
    "1",
    "2",
    "3",
    "10",
    "11",
  ], false],
  ["files of desktops", ["a.eml", "desktop.ini", "Thumbs.db", "mail.desktop", ".DS_Store"], [
    "a.eml",
  ], false],
  ["Apple Mail's own format", ["1.emlx", "2.partial.emlx"], [], true],
  ["an mbox of Apple Mail", ["mbox", "table_of_contents.txt"], ["table_of_contents.txt"], true],
  ["compressed files", ["a.eml", "b.eml.gz", "c.zip"], ["a.eml"], true],
  ["a dbox of Dovecot", ["u.1", "u.2", "dovecot.index", "dovecot.index.log"], [], true],
  ["names that only look like it", ["u.1", "mbox.eml", "dovecot", "xz"], [
    "dovecot",
    "mbox.eml",
    "u.1",
    "xz",
  ], false],
];

for (const [what, names, served, isFault] of cases) {
  Deno.test(`${what}: only messages are served, and check says what is not`, async () => {
    await using folder = await folderOf(names);
    const uniqueIds = await folderMailbox(folder.path).listMessageUniqueIds(testConnectionInfo());
    assertEquals(uniqueIds, served);
    const { code, stdout } = await runProgram(["check", folder.path]);
    assertEquals(code, isFault ? 1 : 0, stdout);
    assertStringIncludes(stdout, `messages: ${served.length}\n`);
  });
}

Deno.test("a Maildir without empty folders, as git keeps it, is a Maildir", async () => {
  for (const folders of [["cur", "tmp"], ["new", "cur"], ["new", "tmp"]]) {
    await using folder = await TemporaryFolder.create();
    for (const name of folders) await Deno.mkdir(join(folder.path, name));
    assertEquals(seenFormat(folder.path), "maildir");
  }
  for (const name of ["cur", "new"]) {
    await using folder = await TemporaryFolder.create();
    await Deno.mkdir(join(folder.path, name));
    await Deno.writeTextFile(join(folder.path, name, "1.x:2,S"), "Subject: x\n\n");
    assertEquals(seenFormat(folder.path), "maildir");
    // Beside messages it is a folder like any other.
    await Deno.writeTextFile(join(folder.path, "a.eml"), "Subject: x\n\n");
    assertEquals(seenFormat(folder.path), "folder");
  }
});
