/** `--lock`: one session at a time, within a process and across processes. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { tryLockFile } from "../../lib/files/file_lock.ts";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { providerOf } from "../transcript_peers.ts";

const inUse = "-ERR [IN-USE] Another session has this mailbox.";

async function folderWithOne(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  await Deno.writeTextFile(join(folder.path, "a"), "Subject: a\n\n");
  return folder;
}

Deno.test("a second session hears [IN-USE] until the first one has ended, however it ends", async () => {
  await using folder = await folderWithOne();
  let closed = Promise.withResolvers<void>();
  const mailbox = folderMailbox(folder.path, { isExclusive: true, settleTime: 0 });
  await using pop3 = new Pop3Listener({
    provider: providerOf(mailbox),
    events: (event) => {
      if (event.type === "close" && event.reason === "disconnect") closed.resolve();
    },
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using patient = await LoopbackClient.connect(port);
  await patient.readLine();
  const tryAgain =
    async () => (await patient.command("USER me"), await patient.command("PASS passw0rd"));

  const leaving = await LoopbackClient.connect(port);
  assertEquals(await leaving.logIn(), "+OK Welcome.");
  assertEquals(await tryAgain(), inUse);
  // Who has heard the reply to QUIT may log in again at once.
  await leaving.command("QUIT");

  const dropped = await LoopbackClient.connect(port);
  assertEquals(await dropped.logIn(), "+OK Welcome.");
  assertEquals(await tryAgain(), inUse);
  leaving.close();
  closed = Promise.withResolvers();
  dropped.close();
  await closed.promise;
  assertEquals(await tryAgain(), "+OK Welcome.");
  await patient.command("QUIT");
  assertEquals(await patient.readLine(), null);
  await pop3.stop();
  assertEquals(folder.names(), ["a"]);
});

Deno.test("a process that is killed has no lock any more", async () => {
  await using folder = await folderWithOne();
  await using first = await RunningProgram.start([folder.path, "--lock"]);
  await using second = await RunningProgram.start([folder.path, "--lock"]);
  using held = await LoopbackClient.connect(first.port);
  assertEquals(await held.logIn(), "+OK Welcome.");
  using waiting = await LoopbackClient.connect(second.port);
  assertEquals(await waiting.logIn(), inUse);
  await first.end("SIGKILL");
  await waiting.command("USER me");
  assertEquals(await waiting.command("PASS passw0rd"), "+OK Welcome.");
});

Deno.test("many who take the lock and give it back leave nothing", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, ".pop3svc", "exclusive");
  let [taken, refused] = [0, 0];
  const takeAndGiveBack = async () => {
    for (let attempt = 0; attempt < 500; attempt++) {
      using lock = tryLockFile(path);
      if (lock === null) refused++;
      else taken++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: 8 }, takeAndGiveBack));
  assert(taken > 100 && refused > 100, `${taken} ${refused}`);
  assertEquals(folder.names(), []);
});

Deno.test("a file in the place of our folder is an error, and not tried for ever", async () => {
  await using folder = await TemporaryFolder.create();
  await Deno.writeTextFile(join(folder.path, ".pop3svc"), "");
  let isRefused = false;
  try {
    tryLockFile(join(folder.path, ".pop3svc", "exclusive"));
  } catch {
    isRefused = true;
  }
  assert(isRefused);
});
