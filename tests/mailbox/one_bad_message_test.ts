/** A fault of one message or its name harms only that message. And work grows in proportion to the mailbox. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirLayout } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { countedFileSystem } from "../crash/counted_file_system.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { providerOf } from "../transcript_peers.ts";

const failures = [
  ["SYS/PERM", () => new Deno.errors.PermissionDenied("Permission denied (os error 13)")],
  ["SYS/TEMP", () => new Error("Input/output error (os error 5)")],
] as const;

for (const [code, error] of failures) {
  Deno.test(`a message that cannot be read is listed, RETR says [${code}], and the session goes on`, async () => {
    await using folder = await TemporaryFolder.create();
    for (const name of ["a", "b", "c"]) {
      await Deno.writeTextFile(join(folder.path, name), `Subject: ${name}\n\n`);
      await Deno.utime(join(folder.path, name), 1_000, 1_000);
    }
    const files: FileSystem = {
      ...denoFileSystem,
      open: (path, isExposed, known) =>
        path.endsWith("/b") ? Promise.reject(error()) : denoFileSystem.open(path, isExposed, known),
    };
    const told: string[] = [];
    const store = new FileStore(folder.path, folderLayout, {
      settleTime: 0,
      onEvent: (event) => {
        if (event.type === "error") told.push(String(event.error));
      },
    }, files);
    await using pop3 = new Pop3Listener({
      provider: providerOf(sharedMailbox(store)),
      onEvent() {},
    });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using client = await LoopbackClient.connect(port);
    await client.logIn();
    assertEquals(await client.command("STAT"), "+OK 3 28");
    assertEquals(await client.command("LIST"), "+OK Message sizes follow...");
    assertEquals(await client.readLines(), ["1 14", "2 0", "3 14"]);
    for (const command of ["RETR 2", "TOP 2 1"]) {
      assertEquals(await client.command(command), `-ERR [${code}] That message cannot be read.`);
    }
    assertEquals(await client.command("RETR 3"), "+OK Message text follows...");
    await client.readLines();
    assertEquals(told, [`Error: b of ${folder.path} cannot be read`]);
  });
}

Deno.test("files whose names are not UTF-8 are counted and logged", async () => {
  await using folder = await TemporaryFolder.create();
  await Deno.writeTextFile(join(folder.path, "a"), "Subject: a\n\n");
  await new Deno.Command("sh", {
    args: ["-c", `printf 'Subject: x\\n\\n' > "$(printf 'caf\\351.eml')"`],
    cwd: folder.path,
  }).output();
  const told: string[] = [];
  const store = new FileStore(folder.path, folderLayout, {
    settleTime: 0,
    onEvent: (event) => {
      if (event.type === "error") told.push(String(event.error));
    },
  });
  for (let login = 0; login < 2; login++) assertEquals((await store.look()).list.uniqueIds, ["a"]);
  assertEquals(told.length, 1);
  assertMatch(
    told[0] ?? "",
    /left out of .*, with a name that is no UTF-8 \(rename it\): 1 file, such as /,
  );
});

Deno.test("after all messages were renamed, RETR, DELE and QUIT list the mailbox a few times, not once per message", async () => {
  const count = 400;
  await using folder = await TemporaryFolder.create();
  for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
  for (let number = 0; number < count; number++) {
    await Deno.writeTextFile(join(folder.path, "new", `${number}.x`), "Subject: x\n\n");
  }
  let listings = 0;
  const files = countedFileSystem(denoFileSystem, (_, name) => {
    if (name === "regularFiles") listings++;
  });
  const mailbox = sharedMailbox(new FileStore(folder.path, maildirLayout, {}, files));
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  for (let number = 0; number < count; number++) {
    await Deno.rename(
      join(folder.path, "new", `${number}.x`),
      join(folder.path, "cur", `${number}.x:2,S`),
    );
  }
  listings = 0;
  for (const uniqueId of uniqueIds) {
    await (await mailbox.messageContents(info, uniqueId) as { close(): void }).close();
    assert(await mailbox.messageExists(info, uniqueId));
  }
  await mailbox.messageDelete(info, uniqueIds);
  assertEquals([folder.names("new"), folder.names("cur")], [[], []]);
  assert(listings <= 8, `${listings} listings`);
});

Deno.test("after messages were removed, finding them lists the mailbox a few times, even while files keep arriving", async () => {
  const count = 100;
  await using folder = await TemporaryFolder.create();
  for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
  for (let number = 0; number < count; number++) {
    await Deno.writeTextFile(join(folder.path, "new", `${number}.x`), "Subject: x\n\n");
  }
  let listings = 0;
  let delivered = 0;
  let isDelivering = false;
  const deliver = () =>
    Deno.writeTextFileSync(join(folder.path, "new", `${delivered++}.late`), "Subject: late\n\n");
  const files = countedFileSystem(denoFileSystem, (_, name) => {
    if (name === "regularFiles") listings++;
    if (isDelivering && name === "look") deliver();
  });
  const clock = new ManualClock();
  const store = new FileStore(folder.path, maildirLayout, {}, files, clock);
  const mailbox = sharedMailbox(store);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  const kept = uniqueIds[0] ?? "";
  const messages = [...(await store.look()).messages.values()];
  for (const name of folder.names("new")) {
    if (name !== "0.x") await Deno.remove(join(folder.path, "new", name));
  }
  listings = 0;
  for (const message of messages) {
    deliver();
    await store.find(message);
  }
  // One listing of `new` and `cur` serves all, since the clock stands still.
  assertEquals(listings, 2);
  clock.advance(100);
  for (const message of messages) {
    deliver();
    await store.find(message);
  }
  assertEquals(listings, 4);
  // The next listing finds the renamed file.
  await Deno.rename(join(folder.path, "new", "0.x"), join(folder.path, "cur", "0.x:2,S"));
  clock.advance(100);
  assert(await mailbox.messageExists(info, kept));
  assertEquals(listings, 6);
  await Deno.rename(join(folder.path, "cur", "0.x:2,S"), join(folder.path, "cur", "0.x:2,RS"));
  isDelivering = true;
  await mailbox.messageDelete(info, uniqueIds);
  isDelivering = false;
  assertEquals(folder.names("cur"), []);
  assert(listings <= 10, `${listings} listings`);
  assert(delivered > 3 * count);
});
