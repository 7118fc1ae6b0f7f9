import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { mboxMailbox } from "../../lib/mailbox/mbox/mbox_mailbox.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { mboxWith, messagesOf } from "./mbox_with.ts";

Deno.test("unique-ids do not depend on the place, and equal messages have different ones", async () => {
  const one = "From a\nSubject: 1\n\nx\n\n";
  const two = "From b\nSubject: 2\n\nx\n\n";
  await using mbox = await mboxWith(one + two + one);
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  const [first = "", second = "", third = ""] = await mailbox.listMessageUniqueIds(info);
  assertEquals(third, `${first}.2`);
  await mailbox.messageDelete(info, [first]);
  assertEquals(await Deno.readTextFile(mbox.file), two + one);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), [second, third]);
});

Deno.test("mail that another program appends is seen, and a deletion loses none of it", async () => {
  await using mbox = await mboxWith("From a\nSubject: 1\n\nx\n\n");
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  const before = await mailbox.listMessageUniqueIds(info);
  await Deno.writeTextFile(mbox.file, "From b\nSubject: 2\n\ny\n\n", { append: true });
  await mailbox.messageDelete(info, before);
  assertEquals(await messagesOf(mailbox), ["Subject: 2\n\ny\n"]);
});

Deno.test("trash: deleted messages go to an mbox in the server's own folder beside the mbox", async () => {
  await using mbox = await mboxWith("From a\nSubject: 1\n\nx\n\nFrom b\nSubject: 2\n\ny");
  const mailbox = mboxMailbox(mbox.file, { deletePolicy: "trash" });
  for (let times = 0; times < 2; times++) {
    const info = testConnectionInfo();
    const [first = ""] = await mailbox.listMessageUniqueIds(info);
    await mailbox.messageDelete(info, [first]);
  }
  assertEquals(mbox.names(), [".pop3svc", "mail.mbox"]);
  const trash = mboxMailbox(join(mbox.path, ".pop3svc", "mail.mbox.trash"));
  assertEquals((await messagesOf(trash)).map((text) => text.trimEnd()), [
    "Subject: 1\n\nx",
    "Subject: 2\n\ny",
  ]);
});

Deno.test("with `exclusive`, one session at a time", async () => {
  await using mbox = await mboxWith("From a\nSubject: 1\n\nx\n\n");
  const mailbox = mboxMailbox(mbox.file, { exclusive: true });
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
