import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { Mailbox } from "../../lib/mailbox/mailbox.ts";
import { openBody } from "../../lib/mailbox/message_content.ts";
import { mboxMailbox } from "../../lib/mailbox/mbox/mbox_mailbox.ts";
import { Pop3ResponseError } from "../../lib/mailbox/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function mboxWith(text: string): Promise<TemporaryFolder & { readonly file: string }> {
  const folder = await TemporaryFolder.create();
  const file = join(folder.path, "mail.mbox");
  await Deno.writeTextFile(file, text);
  return Object.assign(folder, { file });
}

async function messagesOf(mailbox: Mailbox): Promise<string[]> {
  const info = testConnectionInfo();
  const texts: string[] = [];
  for (const uniqueId of await mailbox.listMessageUniqueIds(info)) {
    const body = openBody(await mailbox.messageContents(info, uniqueId));
    let text = "";
    for (let chunk = await body.nextChunk(); chunk !== null; chunk = await body.nextChunk()) {
      text += new TextDecoder("latin1").decode(chunk);
    }
    await body.close();
    texts.push(text);
  }
  return texts;
}

const forms: readonly (readonly [string, string, readonly string[]])[] = [
  ["an empty file", "", []],
  ["one message", "From a\nSubject: 1\n\nbody\n", ["Subject: 1\n\nbody\n"]],
  [
    "the blank line before the next From line, and one at the end, belong to the form",
    "From a\nSubject: 1\n\nbody\n\nFrom b\nSubject: 2\n\nbody\n\n",
    ["Subject: 1\n\nbody\n", "Subject: 2\n\nbody\n"],
  ],
  [
    "CRLF",
    "From a\r\nSubject: 1\r\n\r\nbody\r\n\r\nFrom b\r\nSubject: 2\r\n\r\n",
    ["Subject: 1\r\n\r\nbody\r\n", "Subject: 2\r\n"],
  ],
  [
    "a From line that no blank line stands before is text",
    "From a\nSubject: 1\n\nbody\nFrom here on\nFromage\n",
    ["Subject: 1\n\nbody\nFrom here on\nFromage\n"],
  ],
  [
    "quoted From lines",
    "From a\nSubject: 1\n\n>From x\n>>From y\n> From z\n",
    ["Subject: 1\n\nFrom x\n>From y\n> From z\n"],
  ],
  [
    "a Content-Length that is right makes From lines text, and nothing was quoted",
    "From a\nContent-Length: 20\n\nFrom me\n\nFrom you\n>\n\nFrom b\nSubject: 2\n\nx\n",
    ["Content-Length: 20\n\nFrom me\n\nFrom you\n>\n", "Subject: 2\n\nx\n"],
  ],
  [
    "a Content-Length that is wrong is not believed",
    "From a\nContent-Length: 7\n\nlonger than that\n\nFrom b\nSubject: 2\n\nx\n",
    ["Content-Length: 7\n\nlonger than that\n", "Subject: 2\n\nx\n"],
  ],
  ["no final line end", "From a\nSubject: 1\n\nbody", ["Subject: 1\n\nbody"]],
];

for (const [name, text, messages] of forms) {
  Deno.test(`mbox: ${name}`, async () => {
    await using mbox = await mboxWith(text);
    assertEquals(await messagesOf(mboxMailbox(mbox.file)), [...messages]);
  });
}

Deno.test("unique ids do not depend on the place, and equal messages have different ones", async () => {
  const one = "From a\nSubject: 1\n\nx\n\n";
  const two = "From b\nSubject: 2\n\nx\n\n";
  await using mbox = await mboxWith(one + two + one);
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  const [first = "", second = "", third] = await mailbox.listMessageUniqueIds(info);
  assertEquals(third, `${first}.2`);
  await mailbox.messageDelete(info, [first]);
  assertEquals(await Deno.readTextFile(mbox.file), two + one);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), [second, first]);
  assertEquals(mbox.names(), ["mail.mbox"]);
});

Deno.test("mail that another program appends is noticed; nothing of it is lost by a deletion", async () => {
  await using mbox = await mboxWith("From a\nSubject: 1\n\nx\n\n");
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  const before = await mailbox.listMessageUniqueIds(info);
  await Deno.writeTextFile(mbox.file, "From b\nSubject: 2\n\ny\n\n", { append: true });
  await mailbox.messageDelete(info, before);
  assertEquals(await messagesOf(mailbox), ["Subject: 2\n\ny\n"]);
});

Deno.test("another program's dot-lock is respected, an old one and our own are not", async () => {
  await using mbox = await mboxWith("From a\nSubject: 1\n\nx\n\n");
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  const lock = `${mbox.file}.lock`;
  const isInUse = async (work: () => unknown) => {
    try {
      await work();
      return false;
    } catch (error) {
      assertEquals(String(error), "Pop3ResponseError: Another program has this mailbox.");
      return true;
    }
  };
  await Deno.writeTextFile(lock, "4711");
  assert(await isInUse(() => mailbox.listMessageUniqueIds(testConnectionInfo())));
  assert(await isInUse(() => mailbox.messageDelete(info, uniqueIds)));
  await Deno.utime(lock, 1_000, 1_000);
  assertEquals(await isInUse(() => mailbox.listMessageUniqueIds(testConnectionInfo())), false);
  await Deno.writeTextFile(lock, "pop3svc\n");
  await mailbox.messageDelete(info, uniqueIds);
  assertEquals(mbox.names(), ["mail.mbox"]);
  assertEquals(await Deno.readTextFile(mbox.file), "");
});

Deno.test("trash: what is deleted is an mbox beside the mbox", async () => {
  await using mbox = await mboxWith("From a\nSubject: 1\n\nx\n\nFrom b\nSubject: 2\n\ny");
  const mailbox = mboxMailbox(mbox.file, { deletePolicy: "trash" });
  for (let times = 0; times < 2; times++) {
    const info = testConnectionInfo();
    const [first = ""] = await mailbox.listMessageUniqueIds(info);
    await mailbox.messageDelete(info, [first]);
  }
  assertEquals(mbox.names(), [".mail.mbox.trash", "mail.mbox"]);
  const trash = mboxMailbox(join(mbox.path, ".mail.mbox.trash"));
  assertEquals((await messagesOf(trash)).map((text) => text.trimEnd()), [
    "Subject: 1\n\nx",
    "Subject: 2\n\ny",
  ]);
});

Deno.test("one session at a time, when asked for", async () => {
  await using mbox = await mboxWith("From a\nSubject: 1\n\nx\n\n");
  const mailbox = mboxMailbox(mbox.file, { isExclusive: true });
  const [first, second] = [testConnectionInfo(), testConnectionInfo()];
  await mailbox.listMessageUniqueIds(first);
  await assertRejects(
    async () => await mailbox.listMessageUniqueIds(second),
    Pop3ResponseError,
    "Another session has this mailbox.",
  );
  await mailbox.release?.(first);
  await mailbox.listMessageUniqueIds(second);
  await mailbox.release?.(second);
  assertEquals(mbox.names(), ["mail.mbox"]);
});

await testWith("python3", "an mbox that Python's mailbox module wrote", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "python.mbox");
  const messages = [
    "Subject: 1\n\nFrom the start\n\nFrom the middle\n>quoted\n",
    "Subject: 2\n\n.\n\xe9\n",
    "Subject: 3\n\nno end\n\n\n",
  ];
  await run("python3", [
    "-c",
    `
import json, mailbox, sys
box = mailbox.mbox(sys.argv[1])
for message in json.loads(sys.argv[2]):
    box.add(message.encode("latin-1"))
box.close()
`,
    file,
    JSON.stringify(messages),
  ]);
  assertEquals(await messagesOf(mboxMailbox(file)), messages);
});
