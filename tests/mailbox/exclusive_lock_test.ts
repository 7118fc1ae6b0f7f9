/** `--lock`: one session at a time, within a process and across processes. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { tryLockFile } from "../../lib/files/file_lock.ts";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout, folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { type Pop3Event, Pop3Listener } from "../../lib/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
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

Deno.test("a second session gets [IN-USE] until the first one has ended, however it ends", async () => {
  await using folder = await folderWithOne();
  let closed = Promise.withResolvers<void>();
  const mailbox = folderMailbox(folder.path, { exclusive: true, settleTime: 0 });
  await using pop3 = new Pop3Listener({
    provider: providerOf(mailbox),
    onEvent: (event) => {
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
  // A client that has received the reply to QUIT can log in again at once.
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

Deno.test("a killed process no longer holds the lock", async () => {
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

Deno.test("taking and releasing the lock many times leaves no file", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, ".pop3svc", "exclusive");
  let [taken, refused] = [0, 0];
  const takeAndGiveBack = async () => {
    for (let attempt = 0; attempt < 500; attempt++) {
      using lock = await tryLockFile(path);
      if (lock === null) refused++;
      else taken++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: 8 }, takeAndGiveBack));
  assert(taken > 100 && refused > 100, `${taken} ${refused}`);
  assertEquals(folder.names(), []);
});

Deno.test("a file in the place of the server's own folder is an error, not an endless retry", async () => {
  await using folder = await TemporaryFolder.create();
  await Deno.writeTextFile(join(folder.path, ".pop3svc"), "");
  await assertRejects(() => tryLockFile(join(folder.path, ".pop3svc", "exclusive")));
});

/** A file system on which nothing can be written in the mailbox. */
function readOnlyAt(mailbox: string, message: string): FileSystem {
  return {
    ...denoFileSystem,
    tryLock: (path) =>
      path.startsWith(mailbox)
        ? Promise.reject(new Error(`${message}: ${path}`))
        : denoFileSystem.tryLock(path),
  };
}

for (
  const message of [
    "Read-only file system (os error 30)",
    "No space left on device (os error 28)",
  ]
) {
  Deno.test(`when nothing can be written beside the mail, the lock lies in the state directory, else it is within the process: ${message}`, async () => {
    await using folder = await folderWithOne();
    await using state = await TemporaryFolder.create();
    await Deno.chmod(state.path, 0o700);
    const files = readOnlyAt(folder.path, message);
    for (const stateDirectory of [state.path, null]) {
      const told: string[] = [];
      const options = {
        exclusive: true,
        settleTime: 0,
        ...(stateDirectory === null ? {} : { stateDirectory }),
        onEvent: (event: Pop3Event) => {
          if (event.type === "error") told.push(String(event.error));
        },
      };
      const store = () => new FileStore(folder.path, folderLayout, options, files);
      const first = store();
      for (let round = 0; round < 2; round++) {
        const [info, other] = [testConnectionInfo(), testConnectionInfo()];
        const login = first.open(info);
        await login.listMessageUniqueIds(info);
        // Another store is what another process would be, but for a lock within the process.
        const refused = async () => await store().open(other).listMessageUniqueIds(other);
        assertEquals((await assertRejects(refused, Pop3ResponseError)).code, "IN-USE");
        await login.release(info);
      }
      const isTold = told.some((text) => text.includes("within this process only"));
      assertEquals(isTold, stateDirectory === null);
      assertEquals(folder.names(), ["a"]);
    }
  });
}

Deno.test("a mailbox in which nothing can be written refuses DELE at once, after one attempt per login", async () => {
  await using folder = await folderWithOne();
  let attempts = 0;
  const files: FileSystem = {
    ...denoFileSystem,
    tryLock: () => {
      attempts++;
      return Promise.reject(new Deno.errors.PermissionDenied("Permission denied (os error 13)"));
    },
  };
  const store = new FileStore(folder.path, folderLayout, { settleTime: 0 }, files);
  await using pop3 = new Pop3Listener({ provider: providerOf(sharedMailbox(store)) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  assertEquals(await client.command("STAT"), "+OK 1 14");
  assertEquals(attempts, 0);
  for (let round = 0; round < 2; round++) {
    assertEquals(await client.command("DELE 1"), "-ERR [READ-ONLY] This mailbox is read-only.");
  }
  assertEquals(attempts, 1);
  await client.command("QUIT");
});

Deno.test("checking whether messages can be deleted leaves no file; a full disk passes the check and fails QUIT", async () => {
  await using folder = await folderWithOne();
  assert(await new FileStore(folder.path, folderLayout).mayDelete());
  assertEquals(folder.names(), ["a"]);
  const full = readOnlyAt(folder.path, "No space left on device (os error 28)");
  assert(await new FileStore(folder.path, folderLayout, {}, full).mayDelete());
  const readOnly = readOnlyAt(folder.path, "Read-only file system (os error 30)");
  assert(!await new FileStore(folder.path, folderLayout, {}, readOnly).mayDelete());
});
