/** Deletions from an mbox, by a new file and in place, and what must survive both. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { rangesOf } from "../../lib/mailbox/mbox/kept_ranges.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import type { FileMailboxOptions } from "../../lib/mailbox/files/file_mailbox_options.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import {
  appendNow,
  DATE,
  type MboxFolder,
  mboxWith,
  messagesById,
  messagesOf,
  namesIn,
} from "./mbox_with.ts";

const message = (name: string) => `From ${name}@x ${DATE}\nSubject: ${name}\n\n${name}\n\n`;
const TEXT = ["a", "b", "c", "d"].map(message).join("");
const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
const USER = 12_345;

function open(path: string, options: FileMailboxOptions = {}, files = denoFileSystem): Mailbox {
  return sharedMailbox(new MboxStore(path, options, files));
}

/** Deletes the messages with these numbers, from 1. */
async function deleteNumbers(mailbox: Mailbox, ...numbers: number[]): Promise<void> {
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, numbers.map((number) => uniqueIds[number - 1] ?? ""));
  await mailbox.release?.(info);
}

/** A file system on which the server cannot make files beside the mbox. */
function withoutFolder(folder: string): FileSystem {
  const refuse = (path: string) => {
    if (path.startsWith(`${folder}/`)) throw new Deno.errors.PermissionDenied(`${path}: denied`);
  };
  return {
    ...denoFileSystem,
    makeFolder: async (path) => (refuse(path), await denoFileSystem.makeFolder(path)),
    create: async (path, mode) => (refuse(path), await denoFileSystem.create(path, mode)),
    link: async (from, to) => (refuse(to), await denoFileSystem.link(from, to)),
    rename: async (from, to) => (refuse(to), await denoFileSystem.rename(from, to)),
    remove: async (path) => (refuse(path), await denoFileSystem.remove(path)),
    lock: async (path) => (refuse(path), await denoFileSystem.lock(path)),
    tryLock: async (path) => (refuse(path), await denoFileSystem.tryLock(path)),
  };
}

Deno.test("a link to the mbox stays, and the real file changes, which stays the same file", async () => {
  await using mbox = await mboxWith(TEXT);
  const link = join(mbox.path, "link");
  await Deno.symlink(mbox.file, link);
  const { ino } = await Deno.stat(mbox.file);
  await deleteNumbers(open(link), 1, 3);
  assertEquals(mbox.text(), message("b") + message("d"));
  assertEquals((await Deno.lstat(link)).isSymlink, true);
  assertEquals((await Deno.stat(mbox.file)).ino, ino);
});

Deno.test("a second name of the mbox stays a name of the same file", async () => {
  await using mbox = await mboxWith(TEXT);
  const second = join(mbox.path, "second");
  await Deno.link(mbox.file, second);
  await deleteNumbers(open(mbox.file), 4);
  assertEquals(await Deno.readTextFile(second), TEXT.slice(0, -message("d").length));
});

Deno.test("in a folder that the server cannot write, the mbox is rewritten in place, with the journal in the state directory", async () => {
  await using mbox = await mboxWith(TEXT);
  const state = join(mbox.path, "state");
  await Deno.mkdir(state, { mode: 0o700 });
  const folder = join(mbox.path, "spool");
  await Deno.mkdir(folder);
  const file = join(folder, "joe");
  await Deno.rename(mbox.file, file);
  const files = withoutFolder(folder);
  const mailbox = open(file, { stateDirectory: state }, files);
  assertEquals(await mailbox.mailboxIsReadOnly(testConnectionInfo()), false);
  await deleteNumbers(mailbox, 2);
  assertEquals(await Deno.readTextFile(file), message("a") + message("c") + message("d"));
  assertEquals(namesIn(folder), ["joe"]);
  // The state directory also keeps the ids.
  await deleteNumbers(mailbox, 1);
  await Deno.writeTextFile(file, message("a"), { append: true });
  const ids = [...(await messagesById(open(file, { stateDirectory: state }, files))).keys()];
  assert(ids.at(-1)?.endsWith(".2"));
});

Deno.test("when no journal can be written, DELE is refused, and reading works", async () => {
  await using mbox = await mboxWith(TEXT);
  const mailbox = open(mbox.file, {}, withoutFolder(mbox.path));
  assertEquals((await messagesOf(mailbox)).length, 4);
  assertEquals(await mailbox.mailboxIsReadOnly(testConnectionInfo()), true);
  await assertRejects(() => deleteNumbers(mailbox, 1));
  assertEquals(mbox.text(), TEXT);
});

Deno.test("when no lock file can be made, the lock is within the process only, and that is logged", async () => {
  await using mbox = await mboxWith(TEXT);
  const errors: string[] = [];
  const onEvent: FileMailboxOptions["onEvent"] = (event) => {
    if (event.type === "error") errors.push(String(event.error));
  };
  const options = { exclusive: true, onEvent };
  const [one, two] = [1, 2].map(() => open(mbox.file, options, withoutFolder(mbox.path)));
  const [first, second] = [testConnectionInfo(), testConnectionInfo()];
  await one?.listMessageUniqueIds(first);
  await assertRejects(
    async () => await two?.listMessageUniqueIds(second),
    Pop3ResponseError,
    "Another session has this mailbox.",
  );
  await one?.release?.(first);
  assertEquals((await two?.listMessageUniqueIds(second))?.length, 4);
  await two?.release?.(second);
  assertEquals(errors.length, 2);
  assert(errors[0]?.includes("within this process only"));
});

Deno.test("an mbox on a read-only disk is read, with what a killed process left", async () => {
  await using mbox = await mboxWith(TEXT);
  await Deno.writeTextFile(`${mbox.file}.lock`, "pop3svc\n");
  await Deno.writeTextFile(`${mbox.file}.pop3svc-new`, "From a");
  const files: FileSystem = {
    ...withoutFolder(mbox.path),
    openInPlace: () => Promise.reject(new Error("EROFS")),
  };
  assertEquals((await messagesOf(open(mbox.file, {}, files))).length, 4);
});

for (const isInPlace of [false, true]) {
  const how = isInPlace ? "in place" : "by a new file";
  Deno.test({
    name: `owner, group and mode stay, ${how}`,
    ignore: !isRoot,
    async fn() {
      await using mbox = await mboxWith(TEXT);
      if (isInPlace) await Deno.link(mbox.file, join(mbox.path, "second"));
      await Deno.chown(mbox.file, USER, USER + 1);
      await Deno.chmod(mbox.file, 0o660);
      await deleteNumbers(open(mbox.file), 1);
      const { uid, gid, mode } = await Deno.stat(mbox.file);
      assertEquals([uid, gid, (mode ?? 0) & 0o7777], [USER, USER + 1, 0o660]);
      assertEquals(mbox.text(), TEXT.slice(message("a").length));
    },
  });
}

Deno.test("when a new file cannot get the owner of the mbox, it is rewritten in place", async () => {
  await using mbox = await mboxWith(TEXT);
  const { ino } = await Deno.stat(mbox.file);
  const files: FileSystem = {
    ...denoFileSystem,
    give: () => Promise.reject(new Deno.errors.PermissionDenied("chown")),
  };
  await deleteNumbers(open(mbox.file, {}, files), 1);
  assertEquals((await Deno.stat(mbox.file)).ino, ino);
  assertEquals(mbox.text(), TEXT.slice(message("a").length));
});

Deno.test("text before the first separator is kept when every message is deleted, and afterwards", async () => {
  await using mbox = await mboxWith(`exported\n\n${TEXT}`);
  const mailbox = open(mbox.file);
  await deleteNumbers(mailbox, 1, 2, 3, 4);
  assertEquals(mbox.text(), "exported\n\n");
  assertEquals(await messagesOf(mailbox), []);
  assertEquals(await messagesOf(open(mbox.file)), [], "The state says that it is an mbox");
  await Deno.writeTextFile(mbox.file, message("e"), { append: true });
  assertEquals((await messagesOf(open(mbox.file))).length, 1);
});

Deno.test("ann, ann.lock and ann.pop3svc-old are three users: ann's deletion touches nothing of the others", async () => {
  await using mbox = await mboxWith(TEXT);
  const others = [
    "mail.mbox.pop3svc-old",
    "mail.mbox.pop3svc-new",
    ".mail.mbox.trash",
    "mail.mbox.trash",
  ];
  for (const name of others) await Deno.writeTextFile(join(mbox.path, name), message("other"));
  const mailbox = open(mbox.file, { deletePolicy: "trash" });
  await deleteNumbers(mailbox, 1, 2, 3, 4);
  await messagesOf(mailbox);
  for (const name of others) {
    assertEquals(await Deno.readTextFile(join(mbox.path, name)), message("other"));
  }
});

Deno.test("beside an empty mbox a file named like a leftover of version 0.1 stays: it may be another user's mbox", async () => {
  await using mbox = await mboxWith("");
  await Deno.writeTextFile(`${mbox.file}.pop3svc-old`, TEXT);
  await messagesOf(open(mbox.file));
  assertEquals(await Deno.readTextFile(`${mbox.file}.pop3svc-old`), TEXT);
});

Deno.test("leftovers of version 0.1 are removed when their contents prove what they are", async () => {
  await using mbox = await mboxWith(TEXT.slice(message("a").length));
  await Deno.writeTextFile(`${mbox.file}.pop3svc-old`, TEXT);
  await Deno.writeTextFile(`${mbox.file}.pop3svc-new`, message("b") + message("c").slice(0, 30));
  await Deno.writeTextFile(`${mbox.file}.lock`, "pop3svc\n");
  assertEquals((await messagesOf(open(mbox.file))).length, 3);
  assertEquals(mbox.names(), ["mail.mbox"]);
});

Deno.test("octets that belong to no message stop a deletion", async () => {
  await using mbox = await mboxWith(TEXT);
  const store = new MboxStore(mbox.file);
  const index = await store.look();
  const { places } = index.found;
  const torn = { ...index, found: { ...index.found, places: places.slice(0, -1) } };
  for (const broken of [torn, { ...index, identity: { ...index.identity, size: 1 } }]) {
    let message = "";
    try {
      rangesOf(broken, new Set(index.list.uniqueIds.slice(0, 1)));
    } catch (error) {
      message = String(error);
    }
    assertEquals(message, "Error: The messages do not make up the mbox");
  }
});

Deno.test("mail that a program without locks delivers during a deletion is kept, and nothing is deleted", async () => {
  for (const isInPlace of [false, true]) {
    await using mbox = await mboxWith(TEXT);
    if (isInPlace) await Deno.link(mbox.file, join(mbox.path, "second"));
    let isArmed = true;
    const files: FileSystem = {
      ...denoFileSystem,
      async openInPlace(path) {
        const file = await denoFileSystem.openInPlace(path);
        if (file !== null) {
          const sync = file.sync.bind(file);
          file.sync = async () => {
            await sync();
            if (isArmed) appendNow(mbox.file, message("e"));
            isArmed = false;
          };
        }
        return file;
      },
    };
    await assertRejects(
      () => deleteNumbers(open(mbox.file, {}, files), 1, 2),
      Pop3ResponseError,
      "Another program is writing this mailbox.",
    );
    assertEquals(isArmed, false);
    assertEquals(mbox.text(), TEXT + message("e"), String(isInPlace));
    await deleteNumbers(open(mbox.file), 1, 2);
    assertEquals(mbox.text(), ["c", "d", "e"].map(message).join(""));
  }
});

/** An mbox as a process leaves it that dies in the given step of a rewrite in place. */
async function killedInPlace(at: "moving" | "cut" | "cutting"): Promise<MboxFolder> {
  const mbox = await mboxWith(TEXT);
  await Deno.link(mbox.file, join(mbox.path, "second"));
  const own = join(mbox.path, ".pop3svc");
  const seen = new Map<string, Uint8Array<ArrayBuffer>>();
  const die = () => {
    if (seen.size > 0) return;
    const journals = [...Deno.readDirSync(own)].filter(({ name }) => name.endsWith(".journal"));
    for (const path of [mbox.file, ...journals.map(({ name }) => join(own, name))]) {
      seen.set(path, Deno.readFileSync(path));
    }
  };
  const files: FileSystem = {
    ...denoFileSystem,
    async remove(path) {
      if (path.endsWith(".journal")) die();
      await denoFileSystem.remove(path);
    },
    async openInPlace(path) {
      const file = await denoFileSystem.openInPlace(path);
      if (file === null || at === "cut") return file;
      const [write, truncate] = [file.write.bind(file), file.truncate.bind(file)];
      file.write = async (octets, offset) => {
        await write(octets.subarray(0, 10), offset);
        if (at === "moving") die();
        await write(octets.subarray(10), offset + 10);
      };
      file.truncate = (size) => (die(), truncate(size));
      return file;
    },
  };
  await deleteNumbers(open(mbox.file, {}, files), 1, 3);
  assertEquals(seen.size, 2);
  for (const [path, octets] of seen) await Deno.writeFile(path, octets);
  return mbox;
}

const deaths = [
  ["moving", TEXT],
  ["cutting", TEXT],
  ["cut", message("b") + message("d")],
] as const;

for (const [at, text] of deaths) {
  for (const appended of ["", message("e")]) {
    const what = appended === "" ? "" : ", and mail has come since";
    Deno.test(`killed while ${at} in place${what}: nothing is torn, nothing is lost`, async () => {
      await using mbox = await killedInPlace(at);
      await Deno.writeTextFile(mbox.file, appended, { append: true });
      const texts = await messagesOf(open(mbox.file));
      assertEquals(mbox.text(), text + appended);
      assertEquals(texts.length, (text + appended).split("Subject").length - 1);
    });
  }
}

Deno.test("after a kill and a rewrite by another program the mbox is left alone, and the journal is set aside", async () => {
  await using mbox = await killedInPlace("moving");
  const text = message("x") + message("y");
  await Deno.writeTextFile(mbox.file, text);
  const errors: string[] = [];
  const onEvent: FileMailboxOptions["onEvent"] = (event) => {
    if (event.type === "error") errors.push(String(event.error));
  };
  assertEquals((await messagesOf(open(mbox.file, { onEvent }))).length, 2);
  assertEquals(mbox.text(), text);
  const [aside = ""] = namesIn(join(mbox.path, ".pop3svc"))
    .filter((name) => name.includes(".journal-"));
  assertEquals(errors.length, 1);
  assert(errors[0]?.includes(aside));
  const journal = await Deno.readTextFile(join(mbox.path, ".pop3svc", aside));
  assertEquals(journal.slice(1_024), TEXT);
});

Deno.test("after any deletions from any mbox, either way, the other messages are unchanged, octet by octet", async () => {
  const part = fc.constantFrom(
    "a\n",
    "\n",
    ">From x\n",
    "From here\n",
    "b",
    " \n",
    "Content-Length: 3\n",
    message("z"),
  );
  const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (bodies, numbers, isInPlace) => {
        const whole = bodies.map((body, at) => `From m${at} ${DATE}\nSubject: ${at}\n\n${body}\n`)
          .join("\n");
        await using mbox = await mboxWith(whole);
        if (isInPlace) await Deno.link(mbox.file, join(mbox.path, "second"));
        const index = await new MboxStore(mbox.file).look();
        const before = await messagesById(open(mbox.file));
        const doomed = new Set(numbers.map((number) => number % before.size + 1));
        const isKept = (_: unknown, at: number) => !doomed.has(at + 1);
        const kept = index.found.places.filter(isKept)
          .map(({ start, next }) => whole.slice(start, next)).join("");
        await deleteNumbers(open(mbox.file), ...doomed);
        assertEquals(mbox.text(), kept);
        assertEquals(
          [...await messagesById(open(mbox.file))].map(([uniqueId]) => uniqueId),
          [...before.keys()].filter(isKept),
        );
      },
    ),
    { numRuns: 60 },
  );
});
