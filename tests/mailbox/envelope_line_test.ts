/** An envelope line (`From sender date`) at the beginning of a file is neither sent nor counted. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const DATE = "Thu Jan  1 00:00:00 2026";
const message = "Subject: x\r\n\r\nFrom here on it is text.\r\n";
const large = `Subject: x\r\n\r\n${"x".repeat(76)}\r\n`.repeat(1_000);

const cases: readonly (readonly [string, string, string])[] = [
  ["From with sender and date", `From joe@example.org ${DATE}\r\n${message}`, message],
  ["a bare LF", `From joe@example.org ${DATE}\n${message}`, message],
  ["From - date", `From - ${DATE}\r\n${message}`, message],
  [">From", `>From - ${DATE}\r\n${message}`, message],
  ["several", `From joe ${DATE}\r\n>From ann ${DATE}\r\n${message}`, message],
  ["a large one", `From joe ${DATE}\r\n${large}`, large],
  ["none", message, message],
  ["prose", "From my end some queries;\r\n\r\nx\r\n", "From my end some queries;\r\n\r\nx\r\n"],
  ["a field", "From: joe\r\n\r\nx\r\n", "From: joe\r\n\r\nx\r\n"],
  ["only in the middle", `${message}From joe ${DATE}\r\n`, `${message}From joe ${DATE}\r\n`],
];

for (const [what, written, sent] of cases) {
  Deno.test(`envelope: ${what}`, async () => {
    await using folder = await TemporaryFolder.create();
    await Deno.writeTextFile(join(folder.path, "a.eml"), written);
    const mailbox = folderMailbox(folder.path, { settleTime: 0 });
    const info = testConnectionInfo();
    await mailbox.listMessageUniqueIds(info);
    for (const isMeasured of [false, true]) {
      if (isMeasured) assertEquals(await mailbox.messageSize(info, "a.eml"), sent.length);
      const body = openBody(await mailbox.messageContents(info, "a.eml"));
      let text = "";
      for (let chunk = await body.nextChunk(); chunk !== null; chunk = await body.nextChunk()) {
        text += new TextDecoder().decode(chunk);
      }
      await body.close();
      assertEquals(text, sent);
    }
  });
}
