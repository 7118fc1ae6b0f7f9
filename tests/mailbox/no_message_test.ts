/** Files in a folder that are not messages, and folders that are not what they seem. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { join } from "@std/path";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { seenFormat } from "../../lib/mailbox/open_mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
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
  ["an mbox of Apple Mail with its index", ["mbox", "table_of_contents"], [], true],
  ["exports by their names", ["Archive.mbox", "2019.MBOX", "a.eml"], ["a.eml"], true],
  ["an mdbox of Dovecot", ["m.1", "m.2", "dovecot.map.index"], [], true],
  [
    "names that only look like those",
    ["u.1", "mbox.eml", "dovecot", "xz", "m.1", "table_of_contents"],
    [
      "dovecot",
      "m.1",
      "mbox.eml",
      "table_of_contents",
      "u.1",
      "xz",
    ],
    false,
  ],
];

for (const [what, names, served, isFault] of cases) {
  Deno.test(`${what}: only messages are served, and check says what is not`, async () => {
    await using folder = await folderOf(names);
    const uniqueIds = await folderMailbox(folder.path).listMessageUniqueIds(testConnectionInfo());
    assertEquals(uniqueIds, served);
    const { code, stdout } = await runProgram(["check", folder.path, "--port", "0"]);
    assertEquals(code, isFault ? 1 : 0, stdout);
    assertStringIncludes(stdout, `messages: ${served.length}\n`);
  });
}

Deno.test("a Maildir whose empty folders are missing, as in git, is a Maildir", async () => {
  for (const folders of [["cur", "tmp"], ["new", "cur"], ["new", "tmp"]]) {
    await using folder = await TemporaryFolder.create();
    for (const name of folders) await Deno.mkdir(join(folder.path, name));
    assertEquals(await seenFormat(folder.path), "maildir");
  }
  for (const name of ["cur", "new"]) {
    await using folder = await TemporaryFolder.create();
    await Deno.mkdir(join(folder.path, name));
    await Deno.writeTextFile(join(folder.path, name, "1.x:2,S"), "Subject: x\n\n");
    assertEquals(await seenFormat(folder.path), "maildir");
    for (const beside of ["dovecot-uidlist", "maildirfolder", "subscriptions", "desktop.ini"]) {
      await Deno.writeTextFile(join(folder.path, beside), "");
    }
    assertEquals(await seenFormat(folder.path), "maildir");
    // Beside messages, a folder named cur is just a folder.
    await Deno.writeTextFile(join(folder.path, "a.eml"), "Subject: x\n\n");
    assertEquals(await seenFormat(folder.path), "folder");
  }
});

Deno.test("check, the ready line and the log report mail in a Maildir beside the files of a folder", async () => {
  await using folder = await folderOf(["a.eml"]);
  await Deno.mkdir(join(folder.path, "cur"));
  const { code } = await runProgram(["check", folder.path, "--port", "0"]);
  assertEquals(code, 0, "an empty folder holds no mail");
  await Deno.writeTextFile(join(folder.path, "cur", "1.x:2,S"), "Subject: x\n\n");
  const told = `left out of ${folder.path}, in a Maildir beside the files ` +
    `(serve it with --format maildir): 1 file, such as "cur/1.x:2,S"`;
  const checked = await runProgram(["check", folder.path, "--port", "0"]);
  assertEquals(checked.code, 1);
  assertStringIncludes(checked.stdout, `\nerror: ${told}\n`);
  await using program = await RunningProgram.start([folder.path]);
  assertStringIncludes(
    program.readyLines.join("\n"),
    `(1 message) as user me; NOT SERVED: ${told}`,
  );
  const { stderr } = await program.end("SIGTERM");
  assertStringIncludes(stderr, "in a Maildir beside the files");
});

Deno.test("check of a file that is not an mbox says what it is, and what to do", async () => {
  await using folder = await TemporaryFolder.create();
  for (
    const [text, remedy] of [
      ["Dear Joe,\n\nall is well\n", "no line in it separates messages"],
      ["\x01\x01\x01\x01\nSubject: a\n\na\n", "convert it to mbox"],
      ["\x1f\x8b\x08\x00", "unpack it with gunzip"],
    ] as const
  ) {
    const file = join(folder.path, "file");
    await Deno.writeFile(file, Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    const { code, stdout } = await runProgram(["check", file, "--port", "0"]);
    assertEquals(code, 1);
    assertStringIncludes(stdout, remedy);
  }
});

Deno.test("a whole mbox in a folder, whatever its name, cannot be deleted as one message, and check names it", async () => {
  await using folder = await TemporaryFolder.create();
  const separator = "From joe@example.org Thu Jan  1 00:00:00 2015\n";
  const text = `${separator}Subject: 1\n\nbody\n\n`;
  await Deno.writeTextFile(join(folder.path, "Inbox"), text.repeat(2));
  // A file with one envelope line is one message, even if its text quotes such lines.
  await Deno.writeTextFile(join(folder.path, "one.eml"), `${text}From here on it is text.\n`);
  const mailbox = folderMailbox(folder.path, { settleTime: 0 });
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  await assertRejects(
    async () => await mailbox.messageExists(info, "Inbox"),
    Pop3ResponseError,
    "That file is an mbox with several messages.",
  );
  assertEquals(await mailbox.messageExists(info, "one.eml"), true);
  const { code, stdout } = await runProgram(["check", folder.path, "--port", "0"]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "Inbox is an mbox with several messages");
});
