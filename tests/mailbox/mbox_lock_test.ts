/** Locks of other programs on an mbox, and leftover locks of the server's own. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { ManualClock } from "../manual_clock.ts";
import { run, testWith } from "../installed_program.ts";
import { appendNow, DATE, mboxWith, messagesOf } from "./mbox_with.ts";

const TEXT = `From a@example.org ${DATE}\nSubject: 1\n\nx\n\n`;
const MINUTES = 60_000;

/** A store, the errors that it has reported, and its clock, which stands still. */
function storeOf(file: string, files = denoFileSystem) {
  const clock = new ManualClock();
  const errors: string[] = [];
  const store = new MboxStore(
    file,
    {
      onEvent: (event) => event.type === "error" && errors.push(String(event.error)),
    },
    files,
    clock,
  );
  return { clock, errors, store, mailbox: sharedMailbox(store) };
}

/** Moves the clock until the work is done; gives its result and its duration. */
async function waited<T>(
  clock: ManualClock,
  work: Promise<T>,
  whileWaiting = () => {},
): Promise<[T, number]> {
  let isDone = false;
  const done = work.finally(() => isDone = true);
  done.catch(() => {});
  const start = clock.now();
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.pending === 0) continue;
    whileWaiting();
    clock.advance(100);
  }
  return [await done, clock.now() - start];
}

const inUse = (work: Promise<unknown>) =>
  assertRejects(() => work, Pop3ResponseError, "Another program has this mailbox.");

for (const [name, content] of [["its number", "4711"], ["nothing", ""], ["a word", "pop3svc"]]) {
  Deno.test(`a dot-lock that holds ${name} belongs to another program: IN-USE after half a minute, and nothing is gone`, async () => {
    await using mbox = await mboxWith(TEXT);
    const { clock, mailbox } = storeOf(mbox.file);
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const lock = `${mbox.file}.lock`;
    await Deno.writeTextFile(lock, content ?? "");
    const deletion = Promise.resolve(mailbox.messageDelete(info, uniqueIds));
    const start = clock.now();
    await waited(clock, inUse(deletion));
    assert(clock.now() - start >= 30_000 && clock.now() - start < 31_000);
    const login = Promise.resolve(mailbox.listMessageUniqueIds(testConnectionInfo()));
    await waited(clock, inUse(login));
    assertEquals(await Deno.readTextFile(lock), content);
    assertEquals(mbox.text(), TEXT);
    assertEquals(mbox.names(), ["mail.mbox", "mail.mbox.lock"]);
  });
}

Deno.test("when a lock is released in time, the deletion goes on, and keeps new mail", async () => {
  await using mbox = await mboxWith(TEXT);
  const { clock, mailbox } = storeOf(mbox.file);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  const lock = `${mbox.file}.lock`;
  await Deno.writeTextFile(lock, "");
  clock.after(5_000, () => {
    Deno.writeTextFileSync(mbox.file, TEXT.replaceAll("1", "2"), { append: true });
    Deno.removeSync(lock);
  });
  const [, milliseconds] = await waited(
    clock,
    Promise.resolve(mailbox.messageDelete(info, uniqueIds)),
  );
  assert(milliseconds >= 5_000 && milliseconds < 6_000);
  assertEquals(mbox.text(), TEXT.replaceAll("1", "2"));
});

for (const ends of ["before", "after"] as const) {
  Deno.test(`a login while a program begins to deliver sees no part of a message; the program ends ${ends} the next look`, async () => {
    await using mbox = await mboxWith(TEXT);
    const lock = `${mbox.file}.lock`;
    const second = TEXT.replaceAll("1", "2");
    const end = () => {
      appendNow(mbox.file, second.slice(1));
      Deno.removeSync(lock);
    };
    let opened = 0;
    const files: FileSystem = {
      ...denoFileSystem,
      openGiven(path) {
        if (++opened === 1) {
          // The login has seen that there is no lock. procmail writes one octet first.
          appendNow(lock, "");
          appendNow(mbox.file, second.slice(0, 1));
        }
        return denoFileSystem.openGiven(path);
      },
      look(path) {
        if (ends === "before" && path === lock && mbox.text() === `${TEXT}F`) end();
        return denoFileSystem.look(path);
      },
    };
    const { clock, mailbox } = storeOf(mbox.file, files);
    if (ends === "after") clock.after(200, end);
    await waited(clock, messagesOf(mailbox).then((texts) => assertEquals(texts.length, 2)));
    assertEquals(await messagesOf(mailbox), [1, 2].map((each) => `Subject: ${each}\n\nx\n`));
    assertEquals(opened, 2 + 4);
  });
}

Deno.test("the server waits for a flock on the mbox, and holds no dot-lock meanwhile", async () => {
  await using mbox = await mboxWith(TEXT);
  const { clock, mailbox } = storeOf(mbox.file);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  {
    using other = await Deno.open(mbox.file, { read: true, write: true });
    await other.lock(true);
    const seen = new Set<boolean>();
    const deletion = Promise.resolve(mailbox.messageDelete(info, uniqueIds));
    await waited(
      clock,
      inUse(deletion),
      () => seen.add(mbox.names().includes("mail.mbox.lock")),
    );
    assertEquals([...seen], [false]);
    assertEquals(mbox.text(), TEXT);
  }
  await waited(clock, Promise.resolve(mailbox.messageDelete(info, uniqueIds)));
  assertEquals(mbox.text(), "");
});

Deno.test("a dot-lock older than twenty minutes is removed if no program has a flock, and that is logged", async () => {
  await using mbox = await mboxWith(TEXT);
  const { clock, mailbox, errors } = storeOf(mbox.file);
  const lock = `${mbox.file}.lock`;
  const age = async (minutes: number) => {
    const then = new Date(Date.now() - minutes * MINUTES);
    await Deno.utime(lock, then, then);
  };
  await Deno.writeTextFile(lock, "4711");
  await age(19);
  await waited(clock, inUse(Promise.resolve(mailbox.listMessageUniqueIds(testConnectionInfo()))));
  await age(21);
  const info = testConnectionInfo();
  // Reading removes no lock.
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  assertEquals(mbox.names(), ["mail.mbox", "mail.mbox.lock"]);
  {
    using other = await Deno.open(mbox.file, { read: true, write: true });
    await other.lock(true);
    await waited(clock, inUse(Promise.resolve(mailbox.messageDelete(info, uniqueIds))));
    assertEquals(mbox.text(), TEXT);
    assertEquals(errors, []);
  }
  await waited(clock, Promise.resolve(mailbox.messageDelete(info, uniqueIds)));
  assertEquals(mbox.text(), "");
  assert(!mbox.names().includes("mail.mbox.lock"));
  assertEquals(errors.length, 1);
  assertStringIncludes(errors[0] ?? "", "mail.mbox.lock is older than twenty minutes");
});

Deno.test("an mbox with the name of a lock is never removed, however old", async () => {
  await using mbox = await mboxWith(TEXT);
  const lock = `${mbox.file}.lock`;
  await Deno.writeTextFile(lock, TEXT);
  await Deno.utime(lock, 1_000, 1_000);
  const { clock, mailbox } = storeOf(mbox.file);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  await waited(clock, inUse(Promise.resolve(mailbox.messageDelete(info, uniqueIds))));
  assertEquals(await Deno.readTextFile(lock), TEXT);
});

Deno.test("a lock that a killed process of the server left is removed at once", async () => {
  await using mbox = await mboxWith(TEXT);
  const { mailbox, store } = storeOf(mbox.file);
  const lock = `${mbox.file}.lock`;
  // Reads the content of the lock while it is held.
  let mark = "";
  const watched = new MboxStore(mbox.file, { deletePolicy: "remove" }, {
    ...denoFileSystem,
    async rename(from, to) {
      if (to === mbox.file) mark = await Deno.readTextFile(lock);
      await denoFileSystem.rename(from, to);
    },
  });
  const info = testConnectionInfo();
  const watching = sharedMailbox(watched);
  await watching.messageDelete(info, await watching.listMessageUniqueIds(info));
  assert(mark.startsWith(`${Deno.pid}\npop3svc `));
  for (const left of [mark, "pop3svc\n"]) {
    await Deno.writeTextFile(mbox.file, TEXT);
    await Deno.writeTextFile(lock, left);
    const login = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(login);
    assert(!mbox.names().includes("mail.mbox.lock"), "The login removes it");
    await Deno.writeTextFile(lock, left);
    await mailbox.messageDelete(login, uniqueIds);
    assert(!mbox.names().includes("mail.mbox.lock"));
    assertEquals(mbox.text(), "");
  }
  assertEquals((await store.count()).messages, 0);
});

Deno.test("two sessions of the server that delete the same message wait for each other", async () => {
  await using mbox = await mboxWith(TEXT + TEXT.replaceAll("1", "2"));
  const [one, two] = [storeOf(mbox.file).mailbox, storeOf(mbox.file).mailbox];
  const [first, second] = [testConnectionInfo(), testConnectionInfo()];
  const [uniqueId = ""] = await one.listMessageUniqueIds(first);
  await two.listMessageUniqueIds(second);
  await one.messageDelete(first, [uniqueId]);
  await two.messageDelete(second, [uniqueId]);
  assertEquals(mbox.text(), TEXT.replaceAll("1", "2"));
});

await testWith(
  "python3",
  "the server respects Python's mailbox.lock(), and its empty dot-lock stays",
  async () => {
    await using mbox = await mboxWith(TEXT);
    const { clock, mailbox } = storeOf(mbox.file);
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const script = "import mailbox, sys, os; mailbox.mbox(sys.argv[1]).lock(); os._exit(0)";
    await run("python3", ["-c", script, mbox.file]);
    await waited(clock, inUse(Promise.resolve(mailbox.messageDelete(info, uniqueIds))));
    assertEquals(mbox.text(), TEXT);
    assertEquals((await Deno.stat(`${mbox.file}.lock`)).size, 0);
  },
);
