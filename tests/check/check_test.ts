/** `check()` of the library: what it finds in mailboxes and providers of a program. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  check,
  type CheckOptions,
  type Finding,
  folderMailbox,
  type Mailbox,
  type MailboxProvider,
  MemoryMailbox,
  SingleUserProvider,
  UsersFileProvider,
} from "../../lib/mod.ts";
import { sentenceOf } from "../../lib/check/finding.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** A mailbox with two messages, of which some operations are others. */
function mailboxWith(changes: object): Mailbox {
  const messages = { a: "Subject: 1\r\n\r\n", b: "Subject: 2\n\n.\n" };
  return Object.assign(new MemoryMailbox(messages), changes);
}

async function found(subject: Mailbox | MailboxProvider, options?: CheckOptions) {
  return (await check(subject, options)).map(sentenceOf);
}

Deno.test("a mailbox that keeps the rules has no findings, and its progress is told", async () => {
  const progress: string[] = [];
  let released = 0;
  const mailbox = mailboxWith({ release: () => void released++ });
  const onProgress = (done: number, all: number) => progress.push(`${done} of ${all}`);
  assertEquals(await found(mailbox, { onProgress }), []);
  assertEquals([progress, released], [["1 of 2", "2 of 2"], 1]);
});

/** What is wrong, and the sentences about it. */
const broken: readonly (readonly [name: string, changes: object, sentences: readonly string[]])[] =
  [
    ["sizes without CRLF", { messageSize: (_: unknown, id: string) => id === "a" ? 14 : 14 }, [
      "message 2 (b): messageSize says 14, but its contents have 17 octets",
    ]],
    ["sizes of many that differ", { messageSizes: () => [14, 16] }, [
      "message 2 (b): messageSizes says 16, but its contents have 17 octets",
    ]],
    [
      "a size that is none",
      { messageSize: () => NaN },
      ["a", "b"].map((id, index) =>
        `message ${
          index + 1
        } (${id}): messageSize of "${id}" answered NaN; it must answer a number of octets, a whole number from 0 on`
      ),
    ],
    ["unique ids", { listMessageUniqueIds: () => ["a", "a b", "a"] }, [
      "message 2 (a b): its unique id cannot be used (RFC 1939 section 7)",
      "message 3 (a): message 1 has the same unique id (RFC 1939 section 7)",
    ]],
    ["no list", { listMessageUniqueIds: () => "a" }, [
      'listMessageUniqueIds answered "a"; it must answer an array of unique-ids',
    ]],
    ["a store that is down", {
      listMessageUniqueIds: () => Promise.reject(new Error("the store is down")),
    }, ["listMessageUniqueIds: the store is down"]],
    ["contents that are gone", { messageContents: () => null, messageExists: () => false }, [
      "message 1 (a): it is in the list, but messageExists says that it is gone",
      "message 1 (a): messageContents: it is in the list, but its contents are null",
      "message 2 (b): it is in the list, but messageExists says that it is gone",
      "message 2 (b): messageContents: it is in the list, but its contents are null",
    ]],
    ["a failure in the middle of a message", {
      listMessageUniqueIds: () => ["a"],
      messageContents: () => ({
        nextChunk() {
          throw new Error("the disk is gone");
        },
        close() {},
      }),
    }, ["message 1 (a): messageContents: the disk is gone"]],
  ];
for (const [name, changes, sentences] of broken) {
  Deno.test(`a check finds ${name}`, async () => {
    assertEquals(await found(mailboxWith(changes)), [...sentences]);
  });
}

Deno.test("a finding is a value: severity, what it is about, text, remedy", async () => {
  const mailbox = mailboxWith({ messageSizes: () => [14, 16] });
  assertEquals<readonly Finding[]>(await check(mailbox, { username: "ann" }), [{
    severity: "fault",
    concerns: { type: "message", username: "ann", number: 2, uniqueId: "b" },
    text: "messageSizes says 16, but its contents have 17 octets",
    remedy: "count them with CRLF line ends (RFC 1939 section 11)",
  }]);
});

Deno.test("an operation that never answers ends after half a minute", async () => {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<void>();
  const mailbox = mailboxWith({
    listMessageUniqueIds() {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  const checked = found(mailbox, { clock });
  await asked.promise;
  await Promise.resolve();
  clock.advance(30_000);
  assertEquals(await checked, ["listMessageUniqueIds: it has not answered for 30 seconds"]);
  assertEquals(clock.pending, 0);
});

Deno.test("a provider is checked with a user of it", async () => {
  const provider = {
    authenticate: (_: unknown, username: string, password: string) =>
      username === "ann" && password === "x" ? mailboxWith({ messageSize: () => 14 }) : null,
  };
  assertEquals(await found(provider, { username: "ann", password: "x" }), [
    'user "ann": message 2 (b): messageSize says 14, but its contents have 17 octets',
  ]);
  assertEquals(await found(provider, { username: "ann", password: "y" }), [
    'user "ann": the provider refuses this username and password',
  ]);
  await assertRejects(() => check(provider), TypeError, "username: give the user");
});

Deno.test("a provider of one user needs no name", async () => {
  const openMailbox = () => mailboxWith({ messageSize: () => 14 });
  const provider = new SingleUserProvider({ username: "me", password: "x", openMailbox });
  assertEquals(await found(provider), [
    'user "me": message 2 (b): messageSize says 14, but its contents have 17 octets',
  ]);
});

Deno.test("mailboxes of files: what the program's check says, by user", async () => {
  await using folder = await TemporaryFolder.create();
  const joe = join(folder.path, "mail", "joe");
  const users = join(folder.path, "users");
  await Deno.mkdir(joe, { recursive: true });
  await Deno.writeTextFile(join(joe, "a.eml"), "Subject: a\r\n\r\n");
  assertEquals(await check(folderMailbox(joe, { settleTime: 0 })), []);
  await Deno.writeTextFile(join(joe, "b.eml.gz"), "x");
  await Deno.writeTextFile(users, "joe:{PLAIN}j\nbad line\n");
  const [own] = await check(folderMailbox(joe, { settleTime: 0 }));
  assertEquals(own?.concerns, { type: "mailbox", username: null, path: joe });
  await using provider = new UsersFileProvider(users, { mailRoot: join(folder.path, "mail") });
  const [line, mailbox] = await check(provider);
  assertEquals(line?.concerns, { type: "users-file", path: users, line: 2, username: null });
  assertEquals(mailbox?.concerns, { type: "mailbox", username: "joe", path: joe });
  assertEquals(mailbox?.text, own?.text);
});
