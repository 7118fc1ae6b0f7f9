/** Listing a Maildir and reading its messages: `deno bench -A tests/bench/rooms/`. */
import { join } from "@std/path";
import { maildirMailbox } from "../../../lib/mailbox/maildir/maildir_mailbox.ts";
import { openBody } from "../../../lib/provider/message_content.ts";
import { testConnectionInfo } from "../../../lib/testing/mod.ts";

const COUNT = 1_000;
const path = await Deno.makeTempDir({ prefix: "pop3svc-bench-" });
addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
for (const folder of ["new", "cur", "tmp"]) await Deno.mkdir(join(path, folder));
for (let number = 0; number < COUNT; number++) {
  await Deno.writeTextFile(
    join(path, "cur", `${number}.bench:2,S`),
    `Subject: ${number}\r\n\r\n${`${"x".repeat(74)}\r\n`.repeat(50)}`,
  );
}
for (const folder of ["new", "cur"]) await Deno.utime(join(path, folder), 1_000, 1_000);

const mailbox = maildirMailbox(path);
const info = testConnectionInfo();
const uniqueIds = await mailbox.listMessageUniqueIds(info);
await mailbox.messageSizes?.(info, uniqueIds);

Deno.bench("login to an unchanged mailbox", async () => {
  await mailbox.listMessageUniqueIds(testConnectionInfo());
});

Deno.bench(`login and sizes of ${COUNT} messages, first in a process`, async () => {
  const fresh = maildirMailbox(path);
  const other = testConnectionInfo();
  await fresh.messageSizes?.(other, await fresh.listMessageUniqueIds(other));
});

Deno.bench("a message of 4 KB", async () => {
  const body = openBody(await mailbox.messageContents(info, uniqueIds[7] ?? ""));
  while (await body.nextChunk() !== null);
  await body.close();
});
