/** A mailbox made of functions, over a real session. */
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type CallOptions, simpleMailbox, type SimpleMailboxOptions } from "../../lib/mod.ts";
import { Pop3Client, testConnectionInfo } from "../../lib/testing/mod.ts";
import { ObservedListener } from "../observed_listener.ts";
import { providerOf } from "../transcript_peers.ts";

/** As a program in JavaScript would give it. */
function untyped<T>(value: unknown): T {
  const entries: Iterable<readonly unknown[]> = [["value", value]];
  return Object.fromEntries(entries).value;
}

/** Mail in a Map, and what was asked for. */
class Mail {
  readonly messages = new Map([["a", "Subject: a\n\n.x"], ["b", "Subject: b\n\n"], ["c", "c"]]);
  readonly asked: string[] = [];

  mailbox(options: Partial<SimpleMailboxOptions> = {}) {
    return simpleMailbox({
      list: () => {
        this.asked.push("list");
        return this.messages.keys();
      },
      read: (uniqueId) => {
        this.asked.push(`read ${uniqueId}`);
        return this.messages.get(uniqueId) ?? null;
      },
      ...options,
    });
  }

  /** What was asked for since the last time. */
  take(): string[] {
    return this.asked.splice(0);
  }
}

async function served(mailbox: () => ReturnType<typeof simpleMailbox>) {
  const pop3 = new ObservedListener({
    provider: { authenticate: () => mailbox() },
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  return {
    pop3,
    logIn: async () => {
      const client = await Pop3Client.connect({ port });
      await client.logIn("me", "x");
      return client;
    },
    [Symbol.asyncDispose]: () => pop3.stop(),
  };
}

Deno.test("sizes are counted as POP3 does, once for each message and login", async () => {
  const mail = new Mail();
  await using server = await served(() => mail.mailbox());
  for (const _login of [1, 2]) {
    using client = await server.logIn();
    assertEquals(await client.listing("LIST"), ["1 18", "2 14", "3 3"]);
    assertEquals((await client.say("STAT")).text, "3 35");
    assertEquals((await client.say("LIST 2")).text, "2 14");
    assertEquals(mail.take().sort(), ["list", "read a", "read b", "read c"]);
    assertEquals(await client.listing("RETR 1"), ["Subject: a", "", ".x"]);
    assertEquals(mail.take(), ["read a"]);
  }
});

Deno.test("a cache keeps sizes for longer, and what is no size in it is counted again", async () => {
  const mail = new Mail();
  const cache = new Map<string, number>([["c", NaN]]);
  await using server = await served(() => mail.mailbox({ cache }));
  const totals: string[] = [];
  for (const _login of [1, 2]) {
    using client = await server.logIn();
    totals.push((await client.say("STAT")).text);
  }
  assertEquals(totals, ["3 35", "3 35"]);
  assertEquals(mail.take().sort(), ["list", "list", "read a", "read b", "read c"]);
  assertEquals([...cache].sort(), [["a", 18], ["b", 14], ["c", 3]]);
});

Deno.test("sizes that the list tells are believed, and nothing is read", async () => {
  const mail = new Mail();
  const list = () => [{ uniqueId: "a", octets: 18 }, "b", { uniqueId: "c", octets: null }];
  await using server = await served(() => mail.mailbox({ list }));
  using client = await server.logIn();
  assertEquals(await client.listing("LIST"), ["1 18", "2 14", "3 3"]);
  assertEquals(mail.take().sort(), ["read b", "read c"]);
});

Deno.test("without remove it is read-only; with it, QUIT removes all at once", async () => {
  const mail = new Mail();
  await using readOnly = await served(() => mail.mailbox());
  using client = await readOnly.logIn();
  assertEquals((await client.say("DELE 1")).code, "READ-ONLY");
  await assertRejects(
    async () => await mail.mailbox().messageDelete(testConnectionInfo(), ["a"]),
    Error,
    "read-only",
  );
  const removed: (readonly string[])[] = [];
  const remove = (uniqueIds: readonly string[]) => void removed.push(uniqueIds);
  await using server = await served(() => mail.mailbox({ remove }));
  using other = await server.logIn();
  mail.take();
  await other.pipeline("DELE 1", "DELE 3");
  // A client may mark thousands: the list is asked for once.
  assertEquals(mail.take(), ["list"]);
  assertEquals((await other.say("QUIT")).isOk, true);
  assertEquals(removed, [["a", "c"]]);
});

Deno.test("a message that is gone: its size is left out, and it cannot be read", async () => {
  const mail = new Mail();
  await using server = await served(() => mail.mailbox());
  using client = await server.logIn();
  mail.messages.delete("b");
  assertEquals(await client.listing("LIST"), ["1 18", "3 3"]);
  mail.messages.delete("c");
  assertEquals((await client.say("RETR 3")).text, "That message is gone.");
});

Deno.test("each function gets the connection and its signal, last", async () => {
  const info = testConnectionInfo();
  const got: CallOptions[] = [];
  const mailbox = simpleMailbox({
    list: (options) => (got.push(options), ["a"]),
    read: (_uniqueId, options) => (got.push(options), "x"),
    remove: (_uniqueIds, options) => (got.push(options), undefined),
  });
  await mailbox.listMessageUniqueIds(info);
  await mailbox.messageContents(info, "a");
  await mailbox.messageDelete(info, ["a"]);
  assertEquals(got.map((options) => options.info === info), [true, true, true]);
  assertEquals(got.map(({ signal }) => signal.aborted), [false, false, false]);
  const aborted = { ...info, signal: AbortSignal.abort() };
  await mailbox.listMessageUniqueIds(aborted);
  assertEquals(got.at(-1)?.signal, aborted.signal);
});

Deno.test("logins that share the mailbox share the sizes, of messages that are still there", async () => {
  const mail = new Mail();
  const shared = mail.mailbox();
  await using server = await served(() => shared);
  for (const _login of [1, 2]) {
    using client = await server.logIn();
    assertEquals((await client.say("STAT")).text, "3 35");
  }
  assertEquals(mail.take().sort(), ["list", "list", "read a", "read b", "read c"]);
  mail.messages.delete("b");
  await shared.listMessageUniqueIds(testConnectionInfo());
  mail.messages.set("b", "another");
  using client = await server.logIn();
  assertEquals(await client.listing("LIST"), ["1 18", "2 3", "3 9"]);
});

Deno.test("a failure ends the counting of sizes", async () => {
  const ids = Array.from({ length: 100 }, (_, index) => `${index}`);
  const gate = Promise.withResolvers<string>();
  let reads = 0;
  const mailbox = simpleMailbox({
    list: () => ids,
    read: (uniqueId) => {
      reads++;
      if (uniqueId === "0") throw new Error("the store is gone");
      return gate.promise;
    },
  });
  const info = testConnectionInfo();
  await assertRejects(
    async () => await mailbox.messageSizes?.(info, ids),
    Error,
    "the store is gone",
  );
  gate.resolve("x");
  for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
  assertEquals(reads, 8);
});

Deno.test("sizes are not counted for a client that has gone", async () => {
  const mail = new Mail();
  const aborted = { ...testConnectionInfo(), signal: AbortSignal.abort() };
  await assertRejects(
    async () => await mail.mailbox().messageSizes?.(aborted, ["a"]),
    DOMException,
  );
  assertEquals(mail.take(), []);
});

const badLists: readonly (readonly [unknown, string])[] = [
  [undefined, "list() gave undefined: give an array, or another iterable, of unique ids"],
  ["abc", 'list() gave "abc": give an array'],
  [[7], "list() gave 7: give a unique id or { uniqueId, octets }"],
  [[{ id: "a" }], "list() gave this object: give a unique id or { uniqueId, octets }"],
  [[{ uniqueId: 7 }], "list() gave 7 as a unique id: give a string"],
  [[{ uniqueId: "a", octets: "12" }], 'list() gave "12" octets for "a": give what messageOctets()'],
  [[{ uniqueId: "a", octets: -1 }], 'list() gave -1 octets for "a"'],
];

for (const [listed, message] of badLists) {
  Deno.test(`an error event says it, and the client hears [SYS/TEMP]: ${message}`, async () => {
    const mailbox = simpleMailbox({ list: () => untyped(listed), read: () => null });
    await using pop3 = new ObservedListener({ provider: providerOf(mailbox) });
    const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    using client = await Pop3Client.connect({ port });
    assertMatch((await client.say("XLOG me passw0rd")).line, /^-ERR \[SYS\/TEMP\] /);
    assertStringIncludes(String(pop3.all("error")[0]?.error), message);
  });
}

Deno.test("what it is made of is checked", () => {
  const made = (options: unknown) => () => simpleMailbox(untyped(options));
  const whole = { list: () => [], read: () => null };
  assertThrows(made({ list: () => [] }), TypeError, "read: undefined: give a function");
  assertThrows(made({ ...whole, list: [] }), TypeError, "list: an array of 0: give a function");
  assertThrows(made({ ...whole, remove: true }), TypeError, "remove: true: give a function");
  assertThrows(made({ ...whole, cache: {} }), TypeError, "cache: this object: give a cache: a Map");
  assertThrows(made({ ...whole, delete: () => {} }), TypeError, "delete: there is no such option");
  assertThrows(made({ ...whole, name: "" }), RangeError, 'name: "": give a name');
});
