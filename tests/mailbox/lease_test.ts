/** `--lock`: one session at a time, within a process and across processes. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { takeLease } from "../../lib/mailbox/files/lease.ts";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { Pop3Listener, Pop3ResponseError } from "../../lib/mod.ts";
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

Deno.test("a process that is killed has no lease any more", async () => {
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

Deno.test("many who take the lease and give it back hear nothing but [IN-USE]", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, ".pop3svc", "lease");
  let taken = 0;
  const takeAndGiveBack = async () => {
    for (let attempt = 0; attempt < 500; attempt++) {
      try {
        using _lease = await takeLease(path);
        taken++;
      } catch (error) {
        if (!(error instanceof Pop3ResponseError)) throw error;
        assertEquals(error.code, "IN-USE");
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, takeAndGiveBack));
  assertEquals(taken > 100, true, `${taken}`);
  assertEquals(folder.names(), []);
});

Deno.test("a file in the place of our folder is an error, and not tried for ever", async () => {
  await using folder = await TemporaryFolder.create();
  await Deno.writeTextFile(join(folder.path, ".pop3svc"), "");
  await assertRejects(() => takeLease(join(folder.path, ".pop3svc", "lease")));
});
