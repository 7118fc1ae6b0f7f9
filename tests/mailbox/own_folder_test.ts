/** The server's own folder beside the mail: its name, leftovers of older versions, and folders of others in its place. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import type { FileMailboxOptions } from "../../lib/mailbox/files/file_mailbox_options.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { testAsRoot } from "../security/two_users.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

async function maildir(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
  for (const name of ["1.x:2,S", "2.x:2,S"]) {
    await Deno.writeTextFile(join(folder.path, "cur", name), `Subject: ${name}\n\n`);
  }
  return folder;
}

async function opened(path: string, options: FileMailboxOptions = {}) {
  const reports: string[] = [];
  const mailbox = maildirMailbox(path, {
    ...options,
    onEvent: (event) => {
      if (event.type === "error") reports.push(String(event.error));
    },
  });
  const info = testConnectionInfo();
  return { mailbox, info, reports, uniqueIds: await mailbox.listMessageUniqueIds(info) };
}

Deno.test("in a Maildir the server's own folder has no dot: Dovecot would take it for an IMAP folder", async () => {
  await using folder = await maildir();
  const { mailbox, info, uniqueIds } = await opened(folder.path, { deletePolicy: "trash" });
  await mailbox.messageDelete(info, uniqueIds);
  assertEquals(folder.names(), ["cur", "new", "pop3svc", "tmp"]);
  assertEquals(folder.names("pop3svc/trash"), ["1.x:2,S", "2.x:2,S"]);
});

Deno.test("the unfinished deletion of an older version is completed, and its folder is removed or renamed", async () => {
  for (const [kind, left] of [["moving", ["1.x", "2.x"]], ["deleted", ["2.x"]]] as const) {
    for (const hasTrash of [false, true]) {
      await using folder = await maildir();
      const deletion = join(folder.path, `.pop3svc/${kind}-3f/cur`);
      await Deno.mkdir(deletion, { recursive: true });
      await Deno.rename(join(folder.path, "cur/1.x:2,S"), join(deletion, "1.x:2,S"));
      await Deno.writeTextFile(join(folder.path, ".pop3svc/index"), "old");
      if (hasTrash) {
        await Deno.mkdir(join(folder.path, ".pop3svc/trash"));
        await Deno.writeTextFile(join(folder.path, ".pop3svc/trash/old"), "old");
      }
      const { uniqueIds } = await opened(folder.path);
      assertEquals(uniqueIds, left);
      assertEquals(
        folder.names(),
        hasTrash ? ["cur", "new", "pop3svc", "tmp"] : ["cur", "new", "tmp"],
      );
      if (hasTrash) assertEquals(folder.names("pop3svc"), ["trash"]);
    }
  }
});

testAsRoot(
  "when the server's own folder belongs to another user, it is left alone and named, and deleting works",
  async () => {
    await using folder = await maildir();
    for (const name of [".pop3svc", "pop3svc"]) {
      await Deno.mkdir(join(folder.path, name, "trash"), { recursive: true });
      await Deno.chown(join(folder.path, name), 61_001, 61_001);
    }
    const { mailbox, info, reports } = await opened(folder.path, { deletePolicy: "trash" });
    await mailbox.messageDelete(info, ["1.x"]);
    assertEquals(folder.names(), [".pop3svc", "cur", "new", "pop3svc", "pop3svc-0", "tmp"]);
    assertEquals(folder.names("pop3svc-0/trash"), ["1.x:2,S"]);
    assertEquals(folder.names("pop3svc/trash"), []);
    const said = reports.join("\n");
    assertStringIncludes(
      said,
      `.pop3svc belongs to user 61001, and is left alone; look at what is in it`,
    );
    assertStringIncludes(said, `pop3svc-0 is used: look`);
  },
);
